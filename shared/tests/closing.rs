//! The closing code: what it says comes back, and what was not said is noticed.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use proptest::prelude::*;
use shared::closing::{
    ALPHABET, CHECK_INS_TOP, Closing, LENGTH, RESPONSES_TOP, Wrong, count_says, grouped, short, typed,
};
use shared::id::SessionId;
use shared::session::Declared;
use shared::text::Lang;

fn closing(session: u128, check_ins: u32, responses: u32) -> Closing {
    Closing::new(SessionId::from_u128(session), Declared { check_ins, responses })
}

/// The ends of every range, and what lies between.
fn examples() -> Vec<Closing> {
    let sessions = [0, 1, 0x0fff_ffff, 0x0190_0000_0000_7000_8000_1234_5678_9abc, u128::MAX / 3];
    let counts = [(0, 0), (1, 0), (0, 1), (48, 31), (CHECK_INS_TOP, RESPONSES_TOP)];
    sessions.iter().flat_map(|id| counts.map(|(a, b)| closing(*id, a, b))).collect()
}

fn values(code: &str) -> [u8; LENGTH] {
    let value = |c: u8| u8::try_from(ALPHABET.iter().position(|known| *known == c).unwrap()).unwrap();
    code.bytes().map(value).collect::<Vec<_>>().try_into().unwrap()
}

fn text(values: &[u8; LENGTH]) -> String {
    values.iter().map(|value| char::from(ALPHABET[usize::from(*value)])).collect()
}

#[test]
fn a_code_is_what_the_protocol_says() {
    // The example of docs/sync.md.
    let session: SessionId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let code = Closing::new(session, Declared { check_ins: 48, responses: 31 });
    assert_eq!(code.session, 0x99a_8057);
    assert_eq!(code.to_string(), "K6M0 AW1G 0ZX9");
}

#[test]
fn every_single_wrong_character_is_caught() {
    for code in examples() {
        let right = values(&code.code());
        assert_eq!(Closing::parse(&text(&right)), Ok(code));
        for place in 0..LENGTH {
            for other in (0..32).filter(|other| *other != right[place]) {
                let mut wrong = right;
                wrong[place] = other;
                assert_eq!(Closing::parse(&text(&wrong)), Err(Wrong::Check), "{}", text(&wrong));
            }
        }
    }
}

/// The check is linear: whether an error is caught depends on the error alone, not on the code it
/// happens to. So every pair of places, with every pair of values, stands for every swap of two
/// characters, neighbours or not, and for every two wrong ones.
#[test]
fn every_swap_and_every_two_wrong_characters_are_caught() {
    for code in [closing(0, 0, 0), closing(0x99a_8057, 48, 31)] {
        let right = values(&code.code());
        for (first, second) in (0..LENGTH).flat_map(|a| (a + 1..LENGTH).map(move |b| (a, b))) {
            for (a, b) in (1..32).flat_map(|a| (1..32).map(move |b| (a, b))) {
                let mut wrong = right;
                wrong[first] ^= a;
                wrong[second] ^= b;
                assert_eq!(Closing::parse(&text(&wrong)), Err(Wrong::Check), "{}", text(&wrong));
            }
        }
    }
}

/// Of the 1,024 ends that ten characters can have, one is right: that much of any garbage passes.
#[test]
fn one_garbage_in_1024_passes() {
    for code in examples() {
        let right = values(&code.code());
        let ends = (0..32_u8).flat_map(|a| (0..32_u8).map(move |b| (a, b)));
        let passing = ends.filter(|(a, b)| {
            let mut any = right;
            any[LENGTH - 2..].copy_from_slice(&[*a, *b]);
            Closing::parse(&text(&any)).is_ok()
        });
        assert_eq!(passing.count(), 1);
    }
}

#[test]
fn a_row_of_equal_characters_is_no_code() {
    for value in 0..32 {
        assert_eq!(Closing::parse(&text(&[value; LENGTH])), Err(Wrong::Check));
    }
}

#[test]
fn it_may_be_typed_as_people_type() {
    let code = closing(0x0010_5abc, 300, 17);
    let plain = code.code();
    assert_eq!(grouped(&plain), code.to_string());
    let small = plain.to_lowercase();
    let wide: String = plain.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    let like = plain.replace('0', "o").replace('1', "l").replace('V', "u");
    for form in
        [code.to_string(), small, wide, like, grouped(&plain).replace(' ', "-"), format!(" {plain}　")]
    {
        assert_eq!(Closing::parse(&form), Ok(code), "{form}");
    }
    assert_eq!(typed("o0-iIlL1u").as_deref(), Ok("0011111V"));
    assert_eq!(Closing::parse("7K3M#"), Err(Wrong::Character('#')));
    assert_eq!(Closing::parse("结束"), Err(Wrong::Character('结')));
    assert_eq!(Closing::parse(""), Err(Wrong::Length(0)));
    assert_eq!(Closing::parse(&plain[1..]), Err(Wrong::Length(11)));
    assert_eq!(Closing::parse(&format!("{plain}0")), Err(Wrong::Length(13)));
}

#[test]
fn more_than_it_can_say_is_said_to_be_more() {
    let most = closing(5, u32::MAX, 5_000);
    assert_eq!(most.declared, Declared { check_ins: 4_095, responses: 1_023 });
    assert_eq!(Closing::parse(&most.code()), Ok(most));
    assert_eq!(count_says(4_095, CHECK_INS_TOP, Lang::Zh), "4095 或更多");
    assert_eq!(count_says(4_094, CHECK_INS_TOP, Lang::Zh), "4094");
}

proptest! {
    #[test]
    fn what_a_code_says_comes_back(session: u128, check_ins in 0..=CHECK_INS_TOP, responses in 0..=RESPONSES_TOP) {
        let made = closing(session, check_ins, responses);
        let read = Closing::parse(&made.to_string()).unwrap();
        prop_assert_eq!(read, made);
        prop_assert_eq!(read.session, short(SessionId::from_u128(session)));
        prop_assert_eq!(read.declared, Declared { check_ins, responses });
    }

    #[test]
    fn two_neighbours_swapped_are_caught(session: u128, check_ins: u32, responses: u32, place in 0..LENGTH - 1) {
        let right = values(&closing(session, check_ins, responses).code());
        let mut wrong = right;
        wrong.swap(place, place + 1);
        prop_assume!(wrong != right);
        prop_assert_eq!(Closing::parse(&text(&wrong)), Err(Wrong::Check));
    }

    #[test]
    fn nothing_that_is_typed_breaks_it(text in "\\PC{0,30}") {
        if let Ok(code) = Closing::parse(&text) {
            prop_assert_eq!(Closing::parse(&code.code()), Ok(code));
        }
    }
}
