//! Starts a lab with the sample organization for trying things by hand, until Ctrl-C or the
//! end of its input: `cargo run -p rootwatch-lab --bin lab [ACCOUNT [REGION]]`.

use std::env;
use std::io::{self, Read as _, Write as _};

use rootwatch_lab::Lab;

fn main() -> anyhow::Result<()> {
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    let mut arguments = env::args().skip(1);
    let account = arguments.next().unwrap_or(organization.management.clone());
    let region = arguments.next().unwrap_or("us-east-1".to_owned());
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "# organization {}, root {}",
        organization.id, organization.root_id
    )?;
    for ou in &organization.ous {
        writeln!(out, "# {} {}", ou.id, ou.path)?;
    }
    for account in &organization.accounts {
        let state = if account.suspended {
            " (suspended)"
        } else {
            ""
        };
        writeln!(
            out,
            "# {} {}{state} in {}",
            account.id, account.name, account.ou
        )?;
    }
    for (name, value) in lab.env(&account, &region) {
        writeln!(out, "export {name}={value}")?;
    }
    writeln!(out, "# end with Ctrl-C")?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
