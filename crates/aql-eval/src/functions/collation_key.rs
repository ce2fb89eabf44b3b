//! COLLATION_KEY (internal): the sort key of a text in a language, as `ORDER BY … COLLATE` needs it.
//! Comparing two keys byte by byte is comparing the texts by the rules of the language.

use aql_diag::codes;
use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::Locale;

use super::{Complaint, Function, Prepared, arg, constant_text, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("COLLATION_KEY", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    match arg(args, 1).text().and_then(|tag| collator(&tag)) {
        Some(collator) => key(arg(args, 0), &collator),
        None => Datum::Null,
    }
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(tag) = constant_text(constants, 1) else { return Ok(None) };
    let Some(collator) = collator(&tag) else {
        return Err(Complaint {
            argument: 1,
            code: codes::ARGUMENT_TYPE,
            message: format!("`{tag}` is no language tag"),
            help: Some("write a BCP 47 tag such as `de-DE`, `sv` or `zh-u-co-stroke`".to_owned()),
        });
    };
    Ok(Some(prepared(move |args, _| key(arg(args, 0), &collator))))
}

/// The rules of a language; those that are common to all for a language that has no own. Nothing
/// for what is no tag.
fn collator(tag: &str) -> Option<CollatorBorrowed<'static>> {
    let locale: Locale = tag.trim().parse().ok()?;
    Collator::try_new((&locale).into(), CollatorOptions::default()).ok()
}

fn key(value: &Datum<'_>, collator: &CollatorBorrowed<'_>) -> Datum<'static> {
    value.text().map_or(Datum::Null, |text| {
        let mut key = Vec::new();
        // Writing into a vector cannot fail.
        let _ = collator.write_sort_key_to(&text, &mut key);
        Datum::Bytes(key.into())
    })
}

#[cfg(test)]
mod tests {
    use super::super::case::*;
    use crate::{Context, Datum};

    fn sorted<'a>(tag: &'static str, texts: &[&'a str]) -> Vec<&'a str> {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let prepared = super::prepare(&[None, Some(t(tag))], &cx).unwrap().unwrap();
        let key = |text: &str| {
            let args = [Datum::text_of(text.to_owned()), t(tag)];
            let key = (super::FUNCTION.call)(&args, &cx).bytes().unwrap().to_vec();
            assert_eq!(prepared(&args, &cx).bytes().unwrap().to_vec(), key);
            key
        };
        let mut sorted = texts.to_vec();
        sorted.sort_by_key(|text| key(text));
        sorted
    }

    #[test]
    fn languages_differ() {
        let texts = ["zebra", "Apfel", "ähnlich", "apfel", "Öl", "oval"];
        // German: an umlaut is its vowel with a lesser difference; small before large.
        assert_eq!(sorted("de-DE", &texts), ["ähnlich", "apfel", "Apfel", "Öl", "oval", "zebra"]);
        // Swedish: ä and ö are letters of their own, behind z.
        assert_eq!(sorted("sv", &texts), ["apfel", "Apfel", "oval", "zebra", "ähnlich", "Öl"]);
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let complaint = super::prepare(&[None, Some(t("not a tag!"))], &cx).err().unwrap();
        assert_eq!(complaint.message, "`not a tag!` is no language tag");
        assert_eq!((super::FUNCTION.call)(&[NULL, t("de")], &cx), NULL);
    }
}
