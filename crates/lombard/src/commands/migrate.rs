//! `lombard migrate`: creates or upgrades the databases; in a sandbox it also makes the first signing
//! keys, for processes that may create nothing.

use crate::configuration::Mode;
use crate::context::Context;
use crate::failure::Failure;
use crate::installation::ConfigurationArguments;
use crate::output::print_line;
use crate::process::{Role, RoleDatabase};
use crate::sandbox::create_master_key;
use crate::signing_keys::KeyMaker;
use clap::Args;

/// `lombard migrate`.
#[derive(Args, Debug)]
pub struct Migrate {
    /// Whose databases [default: everybody's]
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl Migrate {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let directory = context.data_directory();
        let configuration = self.configuration.load(&directory)?;
        crate::files::create_directory(directory.root())?;
        let roles = Role::or_all(&self.roles, configuration.mode);
        for database in RoleDatabase::of_roles(&roles, &configuration, &directory)? {
            let role = database.role();
            database.open_migrated().await?;
            print_line(&format!("{role}: up to date"))?;
        }
        if configuration.mode == Mode::Sandbox {
            let clock = &context.clock;
            let maker = KeyMaker { configuration: &configuration, directory: &directory, clock };
            create_master_key(&directory.resolve(&configuration.keys.master_key_file))?;
            for role in roles {
                maker.ensure(role).await?;
            }
        }
        Ok(())
    }
}
