//! Every receipted change survives `kill -9`: several phones push to a real server, which is killed
//! again and again at bad moments. Whatever a phone was told to be safe is there after each.

mod dice;
mod facts;
mod halt;
mod kept;
mod ledger;
mod line;
mod moment;
mod phone;
mod run;
mod world;

use crate::harness::Done;

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn receipts_survive_kill_9() -> Done {
    run::run(20)
}

mod long {
    use super::{Done, run};

    #[test]
    #[ignore = "needs the built product: cargo xtask test --all"]
    fn receipts_survive_a_hundred_kills() -> Done {
        run::run(100)
    }
}
