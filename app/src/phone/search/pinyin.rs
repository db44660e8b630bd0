//! How the characters of a name are read. The table is made by `build.rs`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

static TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pinyin.bin"));
static NAMES: &str = include_str!("names.txt");
/// The first character of the table, and how many it is about.
const FIRST: u32 = 0x4e00;
const COUNT: usize = 0x5200;
/// Places from here on take two bytes.
const WIDE: u8 = 250;
/// Most readings of one character.
const READINGS: usize = 3;

/// The readings of one character: places in the list of syllables.
pub(super) type Readings = [Option<u16>; READINGS];

/// All that is known of readings.
#[derive(Debug, Default)]
pub(super) struct Pinyin {
    syllables: Vec<&'static str>,
    of: Vec<Option<u16>>,
    surnames: BTreeMap<char, Readings>,
    /// Surnames of two characters, one reading each.
    doubles: BTreeMap<[char; 2], [Readings; 2]>,
    others: BTreeMap<char, Readings>,
}

/// The table, unpacked when it is first asked for.
pub(super) fn pinyin() -> &'static Pinyin {
    static UNPACKED: OnceLock<Pinyin> = OnceLock::new();
    UNPACKED.get_or_init(|| Pinyin::unpacked(TABLE).unwrap_or_default())
}

impl Pinyin {
    fn unpacked(table: &'static [u8]) -> Option<Self> {
        let end = table.iter().position(|byte| *byte == 0)?;
        let (text, rest) = table.split_at_checked(end)?;
        let syllables = std::str::from_utf8(text).ok()?.split(' ').collect();
        let (bits, places) = rest.get(1..)?.split_at_checked(COUNT.div_ceil(8))?;
        let mut places = places.iter().copied();
        let mut next = || {
            let place = places.next()?;
            if place < WIDE {
                return Some(u16::from(place));
            }
            Some(u16::from(WIDE) + u16::from(place - WIDE) * u16::from(WIDE) + u16::from(places.next()?))
        };
        let read = |at: usize| bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
        let of = (0..COUNT).map(|at| if read(at) { next() } else { None }).collect();
        let mut pinyin = Self { syllables, of, ..Self::default() };
        pinyin.take_names();
        Some(pinyin)
    }

    fn take_names(&mut self) {
        let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
        for (group, line) in lines.enumerate() {
            for word in line.split(' ') {
                let cut = word.find(|c: char| c.is_ascii()).unwrap_or(word.len());
                let (name, read) = word.split_at(cut);
                let mut name = name.chars();
                let (Some(first), second) = (name.next(), name.next()) else { continue };
                let readings = self.places(read);
                match (group, second) {
                    (1, Some(second)) => {
                        let one = |place: usize| [readings.get(place).copied().flatten(), None, None];
                        self.doubles.insert([first, second], [one(0), one(1)]);
                    }
                    (0, _) => drop(self.surnames.insert(first, readings)),
                    _ => drop(self.others.insert(first, readings)),
                }
            }
        }
    }

    fn places(&self, read: &str) -> Readings {
        let mut places = read.split('/').map(|syllable| self.syllables.iter().position(|s| *s == syllable));
        std::array::from_fn(|_| u16::try_from(places.next()??).ok())
    }

    /// The syllable at a place.
    pub(super) fn syllable(&self, place: u16) -> &'static str {
        self.syllables.get(usize::from(place)).copied().unwrap_or_default()
    }

    fn usual(&self, c: char) -> Readings {
        if let Some(readings) = self.others.get(&c) {
            return *readings;
        }
        let at = u32::from(c).checked_sub(FIRST).and_then(|at| usize::try_from(at).ok());
        [at.and_then(|at| self.of.get(at).copied().flatten()), None, None]
    }

    /// The readings of the characters of a name, in order: of the surname as surnames are read, of others all
    /// that are common. None of one that is not known.
    pub(super) fn read(&self, name: &[char]) -> Vec<Readings> {
        let mut read: Vec<Readings> = name.iter().map(|c| self.usual(*c)).collect();
        // A character by itself is no surname with a name, but is read as one all the same.
        if let [first, rest @ ..] = name {
            let double = rest.first().and_then(|second| self.doubles.get(&[*first, *second]));
            match double {
                Some(double) => read.splice(..2, *double).for_each(drop),
                None => {
                    if let (Some(surname), Some(place)) = (self.surnames.get(first), read.first_mut()) {
                        *place = *surname;
                    }
                }
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Vec<Vec<&'static str>> {
        let name: Vec<char> = name.chars().collect();
        let of = |readings: &Readings| readings.iter().flatten().map(|p| pinyin().syllable(*p)).collect();
        pinyin().read(&name).iter().map(of).collect()
    }

    #[test]
    fn surnames_are_read_as_surnames() {
        for (name, want) in [
            ("单", "shan"),
            ("曾", "zeng"),
            ("解", "xie"),
            ("仇", "qiu"),
            ("查", "zha"),
            ("区", "ou"),
            ("翟", "zhai"),
            ("盖", "ge"),
            ("朴", "piao"),
            ("乐", "yue"),
            ("逄", "pang"),
            ("员", "yun"),
            ("缪", "miao"),
            ("覃", "qin"),
            ("冼", "xian"),
            ("折", "she"),
            ("秘", "bi"),
            ("种", "chong"),
            ("繁", "po"),
            ("黑", "he"),
            ("召", "shao"),
            ("洗", "xian"),
            ("任", "ren"),
            ("华", "hua"),
            ("纪", "ji"),
            ("宁", "ning"),
            ("应", "ying"),
            ("燕", "yan"),
            ("葛", "ge"),
            ("石", "shi"),
            ("车", "che"),
            ("盛", "sheng"),
            ("沈", "shen"),
            ("贾", "jia"),
            ("柏", "bai"),
            ("薄", "bo"),
            ("尉", "wei"),
            ("谌", "chen"),
            ("郗", "xi"),
            ("牟", "mou"),
            ("幺", "yao"),
            ("乜", "nie"),
            ("吕", "lv"),
            ("王", "wang"),
            ("张", "zhang"),
            ("欧", "ou"),
            ("曹", "cao"),
            ("闫", "yan"),
            ("么", "yao"),
        ] {
            let read = read(&format!("{name}伟"));
            assert_eq!(read[0].first(), Some(&want), "{name}");
            assert_eq!(read[1], ["wei"]);
        }
        assert!(!read("单伟")[0].contains(&"dan") && !read("曾伟")[0].contains(&"ceng"));
        assert_eq!(read("覃伟")[0], ["qin", "tan"], "both are");
    }

    #[test]
    fn surnames_of_two_characters() {
        for (name, want) in [
            ("尉迟恭", "yuchi"),
            ("万俟卨", "moqi"),
            ("令狐冲", "linghu"),
            ("单于丹", "chanyu"),
            ("长孙无", "zhangsun"),
            ("澹台明", "tantai"),
            ("亓官生", "qiguan"),
            ("欧阳修", "ouyang"),
            ("司马光", "sima"),
            ("诸葛亮", "zhuge"),
        ] {
            let read = read(name);
            assert_eq!([read[0][0], read[1][0]].concat(), want, "{name}");
        }
    }

    #[test]
    fn characters_with_several_readings_have_them_in_given_names() {
        assert_eq!(read("王行")[1], ["xing", "hang", "heng"]);
        assert_eq!(read("王重")[1], ["chong", "zhong"]);
        assert_eq!(read("王乐")[1], ["le", "yue"]);
        assert_eq!(read("王单")[1], ["dan", "shan"], "in a given name it is no surname");
    }

    #[test]
    fn rare_characters_are_read_where_they_are_known() {
        for (c, want) in [
            ("喆", "zhe"),
            ("堃", "kun"),
            ("赟", "yun"),
            ("玥", "yue"),
            ("㛃", "jie"),
            ("䶮", "yan"),
            ("𫖯", "fu"),
            ("𬱟", "wei"),
            ("𬭊", "du"),
        ] {
            assert_eq!(read(&format!("王{c}"))[1], [want], "{c}");
        }
        assert!(read("王𠀀")[1].is_empty());
        assert!(read("王丂")[1].is_empty());
    }

    #[test]
    fn every_odd_reading_is_a_syllable() {
        let p = pinyin();
        assert!((380..450).contains(&p.syllables.len()), "{}", p.syllables.len());
        assert!(p.of.iter().flatten().count() > 6_900);
        for (c, readings) in p.surnames.iter().chain(&p.others) {
            assert!(readings[0].is_some(), "{c}");
        }
        assert_eq!(p.doubles.len(), 18);
    }
}
