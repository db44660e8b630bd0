//! Makes the table of how characters are read (`pinyin.bin`), which the phone searches names by: small, as
//! every phone downloads it. Which characters: those of GB 2312, and those of names beyond it.

use pinyin::ToPinyin;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The characters that the table is about: the unified ideographs as they first came.
const BLOCK: std::ops::RangeInclusive<u32> = 0x4e00..=0x9fff;
const NAMES: &str = "src/phone/search/names.txt";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={NAMES}");
    let names = std::fs::read_to_string(NAMES)?;
    let read: BTreeMap<u32, String> =
        BLOCK.filter(|code| common(*code)).filter_map(|code| Some((code, reading(code)?))).collect();
    // Most frequent first, so that most characters take one small byte.
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    for syllable in read.values() {
        *count.entry(syllable).or_default() += 1;
    }
    for syllable in odd(&names) {
        count.entry(syllable).or_default();
    }
    let mut syllables: Vec<(&str, u32)> = count.into_iter().collect();
    syllables.sort_by_key(|(syllable, count)| (std::cmp::Reverse(*count), *syllable));
    let place: BTreeMap<&str, usize> =
        syllables.iter().enumerate().map(|(place, (syllable, _))| (*syllable, place)).collect();

    // The syllables as text, a bit per character whether it is read, and the places of the syllables.
    let text: Vec<&str> = syllables.iter().map(|(syllable, _)| *syllable).collect();
    let mut table = text.join(" ").into_bytes();
    table.push(0);
    let mut bits = vec![0_u8; usize::try_from(BLOCK.end() - BLOCK.start() + 1)?.div_ceil(8)];
    let mut places = Vec::new();
    for (code, syllable) in &read {
        let at = usize::try_from(code - BLOCK.start())?;
        bits[at / 8] |= 1 << (at % 8);
        let place = place[syllable.as_str()];
        // From 250 on in two bytes.
        if let Ok(small) = u8::try_from(place)
            && small < 250
        {
            places.push(small);
        } else {
            places.extend([250 + u8::try_from((place - 250) / 250)?, u8::try_from((place - 250) % 250)?]);
        }
    }
    table.extend(bits);
    table.extend(places);
    let out = std::env::var("OUT_DIR")?;
    Ok(std::fs::write(Path::new(&out).join("pinyin.bin"), table)?)
}

/// Characters of GB 2312 are what most names are written with; the others of names are named here.
fn common(code: u32) -> bool {
    const MORE: &str = "喆堃珺镕赟昇燚犇玥翀姮嫄偲旻昉昫昳晞晔晖暐曈玘玙玚珣珮琎琤瑄璟璠瓅甯禛芃荻蓁蘅诠谞逄鄢鎏铖锜锳霈韬颀飏麴垚祎祾禔祐祺\
        淼焱鑫槑喵婳婻嬅孖屾岍峣峤嵘崚嶒弘彣彧怡恺惇愔慜懋扬抒揆撷攸敉斅斓旸旼昀昇昊昕昢昺晏晗晙晟晢暄暕暾曌曦朗杋杍杏杙枞枟栐栩桁桄桉桢梽棽椿椤楦楸榕槿樾橦橼檀\
        欤歆毓沄沅沚沛泓泠洄洛洢洧洺浈浉浔浠浥涔涘涟涧淇淏淳湉湜湲溆滢漪潆潇潞潼澍澔澹濛瀚灏炆炘炜烁烔烜烨焓焘焜煊煜熙熠燊燏爔牧玎玓玕玠玥玦玭玮玹珂珅珈珉珏珑珒珙珝珞珥珧珩珪珫珲珵珹琇琊琏琚琛琨琪琬琮琯琰琳琴琼瑀瑁瑅瑆瑗瑛瑜瑞瑢瑨瑭瑷瑾璁璇璈璋璎璐璘璜璞璟璥璨璩璪璱璲瓒\
        畅畇畋皓皛睿瞳矞砚碧磊祉祈祎祜祯禄禧禾稷穆笙筠筱箫箴篪粲絮綦纡绂绎绮绯绶缃缇缈羲翀翃翊翎翙翚翥翮翯耘聿肸胤臻舜芄芊芮芸芷苒苓苡茉茜茵荃荏荔荞荟荠莅莉莎莘菀菁菡萌萱葳蒙蓓蓉蓝蔓蔚蕊蕙蕾薇薏藜蘖虓蚩螢衎裕褀襄觐詠誉諴讷诃诒诗诣诤诩诶谖谟谧谨谯豫赑赜赫跞轩轶辉辰迅迎迦迪逸逵遥遐邕邡邢邬邰郦郗郜郢鄞鄱酆酩釗釺鈞鉅鉴銘鋆鋐錡錦鍾鎔鏐鏖鐸钊钜钧钰铄铉铎铠铭铮锟锦锴镇镒镛镝闳闵阅阐阗阜陔陶隽雁雅雍雩雯霁霂霄霆霏霖霙霭靑靓靖鞠韧韫韵韶頔頵顗顼颋颖颢颿馥駪駿騁骅骎骏骐骕骞骥髙鳞鳦鴻鵬鸢鸣鸾鹂鹏鹭麒麟黛黟黻鼎齐龑龘龢";
    let Some(c) = char::from_u32(code) else { return false };
    let mut bytes = [0; 4];
    let (encoded, _, missing) = encoding_rs::GBK.encode(c.encode_utf8(&mut bytes));
    // GB 2312 is the corner of GBK with both bytes high.
    let plain = !missing && matches!(*encoded, [0xb0..=0xf7, 0xa1..=0xfe]);
    plain || MORE.contains(c)
}

/// Without its tone; `v` for what keyboards have no key for.
fn reading(code: u32) -> Option<String> {
    let plain = char::from_u32(code)?.to_pinyin()?.plain().replace('ü', "v");
    // Interjections: a bare consonant is no reading of a name.
    plain.bytes().all(|b| b.is_ascii_lowercase()).then_some(plain)
}

/// The syllables of the list of odd readings.
fn odd(names: &str) -> BTreeSet<&str> {
    let lines = names.lines().filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(str::split_whitespace);
    let read = words.filter_map(|word| word.get(word.find(|c: char| c.is_ascii())?..));
    read.flat_map(|readings| readings.split('/')).collect()
}
