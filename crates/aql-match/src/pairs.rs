//! How common pairs of bytes are in logs: the measure by which a text is filed under its rarest part.

/// The bytes that are told apart, letters in either case; all others are the last class.
const CLASSES: &[u8; 47] = b"abcdefghijklmnopqrstuvwxyz0123456789 \\/.-_:=\"',";

/// Per first and second class, from `a` (rare) to `z` (common) in steps of about one and a half to
/// the doubling: counted over public samples of Windows events, audit records and syslog.
const PAIRS: [&[u8; 48]; 48] = [
    b"tvvtutvsqrrttsqrrtsusqqprsprqopppppqnnekoefbkajm",
    b"srprrrqoqsoqopoqonpqqpqloorpppppponpkgagoaeaganm",
    b"tprptoqrmaooliskqsosphpkobpopoqoonookjlmpgtemakl",
    b"toppsooirhjtmguinlpkmljdmaqononooopopnknmdqlncon",
    b"tptsrppkofnrusmpputsoqpsneqopqqonpqnqrjpnirqrarn",
    b"sooopplaqamipdrcplornemdmapopoopppppjhahochaiakl",
    b"stpfsflioapkpnnhnonircpajcmaaapaaapbnjajkcagoago",
    b"rbmdqklcqanfocripnmjmcjbkajahaiaaaaalgaiodhlfagd",
    b"rjtrolodpcbrrvsoeoqrkodeciadagaaaaaaigamipaagaaa",
    b"saaaqdiacaaabaibkeeajdpabaaaaaaaaaaacaaaaaaaaaaf",
    b"tagdqhihgaakajchneniknnadaaaaabaiaaaliajdcfadahf",
    b"rmimskpirfatldrkliqorilaibadamaaaaaalogqjdjipajs",
    b"tljnthlbsbbhndqpmcqigclacdaaataaaaaannimilbaoaok",
    b"tlqurqrlokknmnorlmqtolikkcahbfanhaaaqsnllankoaoj",
    b"rqrnerrgjhnqrtlpkttpqlukeeadbaaaaeaakjajiaaboaad",
    b"scqmqekmqacpikrpnspnpiedbdadgaaaaaaaklblkgiajagh",
    b"uuaaaalaaaaecabapaaamanaaabdaacaaaaafaccdaaaaaaa",
    b"soppsiodrbojootrplqrqqnandjcaiceaeaaotdniehioami",
    b"tdngtjorqaojqfsnojsvmqlduaiiecccaaaaqtmoqfninako",
    b"tloqumortalohlqomqpmokpgqdpmjjpijeedrsfrqjnhoalp",
    b"tllorboapaapopkniqqraaphbapaaaahaaaabiadfaaaaaaa",
    b"tepbrbmbrbaabaoamdigcalaccdlcajahafadaahaabfaaaa",
    b"ttdhpcajuaddilofjfuaeaoagaaafeagcaaakeahiaadbahe",
    b"nejesgacgaakgcamobdoabmejbimjkhbhemfdaaehaaafafd",
    b"qejkldlcjfajfkcopbukbanbfcaacaaaaaaanmbjkfjgoang",
    b"qabedalbebabbbiaqdcaibocbbaaaaaaaaaacjaaaaaaoaka",
    b"spooopaadaaaaaaaaaafaaaoakwstssqsrrrooersdsapasr",
    b"qpoponagaaaeafaaaaakaaaaajtrrqqrqrrsnneqsbploion",
    b"qnpoopaaabacabbaafaleaaaajusrrrqpprpnteqqeoemapn",
    b"oopnqoaaaaabbaaaaaalaadaakqquqqprqqqnneopgoblbon",
    b"sopnnoaaaaadaaaeaeaeaaaaakrrqqqqqrrqooiqpepaoaop",
    b"ppppnpaaaaaaagaadaakaaaaajpqqqrpqqqqmmioqbnlnann",
    b"qnpoppaaaaabaaaaaaagaaaaajrpppqpopqqjnfnqdplnaon",
    b"ppomooaaaabaaaaaaaakaaaaakrprprpqqppmlenpfoambnk",
    b"rpopnpaaaaaaaadaadalaabaajqqpppqqqrplmeopdoaoapn",
    b"qnpopnaadaacaaaaaaakaaaaajrpqpqoppqqmmhnqfoakann",
    b"qlqomommphinnqopcmqolppcabrqqonnllkjunlipaenwics",
    b"njonmljnjdnmnuhpbtttpmtaaegdfcidhifeanegaaacuaaj",
    b"gghkiffaebfhjgnkflkfgjiaaacikbeebacceifaaaaaaaab",
    b"ihosrjghnealhmllaenlcghdaarrnooononnjlafaaaagada",
    b"ppomongihdhilkokampljgpeaattrorrnmnnhmaanaaamaaa",
    b"gemkheafdaaclcagaciabfdcaamhifblllcdeaahacaaaaad",
    b"gegagkefdaaadciaahaffbaaaasqoqqqbagftufaaakafaao",
    b"ihkijidccccacgdfaghfebfaaajljiiliihinqcaaaaciaah",
    b"njqnnmimrdhjqqkpfmqnopqacboprmmlmmkkmpkbmjsauavt",
    b"aaiaaaaaaaaaaaaaaaaaaaaaaaaaabaaaaadhaaaaaaaaaff",
    b"nmpmkpjimaaipnmlahqonmkaadmqrmmmllknvqaaaaaanarq",
    b"nksmiokahebcghhdammfddlkaaqqoplonljntqaicipaqfqs",
];

/// How common a pair of bytes is, 0 for the rarest.
pub(crate) fn commonness(first: u8, second: u8) -> u32 {
    let class = |byte: u8| {
        let byte = byte.to_ascii_lowercase();
        CLASSES.iter().position(|&b| b == byte).unwrap_or(CLASSES.len())
    };
    let level = PAIRS.get(class(first)).and_then(|row| row.get(class(second)));
    level.map_or(0, |level| u32::from(level.saturating_sub(b'a')))
}
