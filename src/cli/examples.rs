//! Examples that stand below the help of commands, in lines of a narrow terminal. A test types each.

pub(super) const DEPLOY_HUB: &str = "\
Examples, with the hub account's credentials:
  rootwatch deploy hub --email security@example.com
  rootwatch deploy hub --sns-subscription sms=+491701234567
  rootwatch deploy hub --remove-subscription security@example.com
  rootwatch deploy hub --yes        # in a job, by rootwatch.toml";

pub(super) const DEPLOY_SPOKES: &str = "\
Examples, as the management account or a delegated administrator:
  rootwatch deploy spokes --ou /    # every account, in every enabled region
  rootwatch deploy spokes --ou /Workloads/Test --regions us-east-1,eu-west-1
  rootwatch deploy spokes --hub-account 222222222222 --hub-region eu-west-1
  rootwatch deploy spokes --remove-ou /Sandbox";

pub(super) const PLAN_HUB: &str = "\
Examples, with the hub account's credentials:
  rootwatch plan hub --email security@example.com
  rootwatch plan hub --detailed-exitcode    # in a job: 2 if something differs
  rootwatch plan hub -v             # each property, and what waits for what";

pub(super) const PLAN_SPOKES: &str = "\
Examples, as the management account or a delegated administrator:
  rootwatch plan spokes --ou /
  rootwatch plan spokes --detailed-exitcode --output json";

pub(super) const STATUS: &str = "\
Examples:
  rootwatch status
  rootwatch status --html coverage.html     # each account and region
  rootwatch status --strict --management-profile management
  rootwatch status --quiet          # in a job: gaps alone, and then 2
  rootwatch status --ignore 'RW301@444444444444=leaves in May'";

pub(super) const VERIFY: &str = "\
Examples, with the hub account's credentials:
  rootwatch verify
  rootwatch verify --role rootwatch-reader
  rootwatch verify --hub-only --quiet";

pub(super) const TEST: &str = "\
Examples, with the hub account's credentials:
  rootwatch test
  rootwatch test --role rootwatch-reader --account 444444444444
  rootwatch test --role rootwatch-reader --all-accounts --sample 20
  rootwatch test --allow-nobody     # before anybody has confirmed";

pub(super) const TEARDOWN: &str = "\
Examples:
  rootwatch teardown all            # the spokes, then the hub
  rootwatch teardown spokes
  rootwatch teardown hub --keep-logs";

pub(super) const ADOPT: &str = "\
Examples, with credentials of the account that has the old hub:
  rootwatch adopt --role rootwatch-reader
  rootwatch adopt --hub-only        # the management account does the rest
  rootwatch adopt --leave-behind email=old@example.com";

pub(super) const EXPORT: &str = "\
Examples, with the hub account's credentials:
  rootwatch export terraform rootwatch-tf
  terraform -chdir=rootwatch-tf init
  terraform -chdir=rootwatch-tf plan
  rootwatch export cloudformation           # print it";

pub(super) const SETTINGS: &str = "\
Examples:
  rootwatch settings
  rootwatch settings --config prod.toml --output json";

pub(super) const COMPLETIONS: &str = "\
Examples; then begin a new shell:
  rootwatch completions bash > /etc/bash_completion.d/rootwatch
  rootwatch completions zsh > ~/.zfunc/_rootwatch
  rootwatch completions fish > ~/.config/fish/completions/rootwatch.fish
In zsh, .zshrc has fpath+=~/.zfunc before compinit.";
