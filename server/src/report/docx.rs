//! The report as DOCX, in the layout of official documents (GB/T 9704-2012). The parts of the package are few
//! and fixed, so that they are written out here: nothing else stands in the file.

use super::layout;
use super::model::{Block, Document, Table};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const W: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;
const PACKAGE_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>"#;

/// Writes the file.
///
/// # Errors
/// A fault of the packing.
pub(crate) fn write(document: &Document) -> Result<Vec<u8>, zip::result::ZipError> {
    let settings = format!(
        r#"<w:settings {W}><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#
    );
    let parts = [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PACKAGE_RELS.to_owned()),
        ("word/_rels/document.xml.rels", DOCUMENT_RELS.to_owned()),
        ("word/document.xml", body(document)),
        ("word/styles.xml", styles()),
        ("word/settings.xml", settings),
        ("word/footer1.xml", footer("right")),
        ("word/footer2.xml", footer("left")),
    ];
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        package.start_file(name, SimpleFileOptions::default())?;
        package.write_all(HEAD.as_bytes())?;
        package.write_all(text.as_bytes())?;
    }
    Ok(package.finish()?.into_inner())
}

/// Text as XML: what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// A style of paragraphs: its font, size in half points, and what else stands in it.
fn style(id: &str, name: &str, font: &str, half_points: u32, paragraph: &str, run: &str) -> String {
    format!(
        r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:pPr>{paragraph}</w:pPr><w:rPr><w:rFonts w:eastAsia="{font}"/>{run}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr></w:style>"#
    )
}

fn styles() -> String {
    let pitch = layout::LINE_TWIPS;
    let body = layout::BODY_HALF_POINTS;
    let indent = format!(r#"<w:ind w:firstLineChars="200" w:firstLine="{}"/>"#, 2 * body * 10);
    let lead = r"<w:keepNext/>";
    let close = format!(r#"<w:spacing w:val="{}"/>"#, layout::CHAR_SPACE_TWIPS);
    let mut all = format!(
        r#"<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="{font}"/><w:sz w:val="{body}"/><w:szCs w:val="{body}"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0" w:line="{pitch}" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:rPr><w:sz w:val="{body}"/><w:szCs w:val="{body}"/></w:rPr></w:style>"#,
        font = layout::BODY_FONT
    );
    let centred = r#"<w:jc w:val="center"/>"#;
    let issuer = format!(r#"<w:spacing w:before="{pitch}" w:line="960" w:lineRule="exact"/>{centred}"#);
    let rule = format!(
        r#"<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="4" w:color="FF0000"/></w:pBdr>{centred}"#
    );
    let title = format!(
        r#"<w:keepNext/><w:spacing w:before="{pitch}" w:after="{pitch}" w:line="{}" w:lineRule="exact"/>{centred}"#,
        layout::TITLE_LINE_TWIPS
    );
    let headed = format!("{lead}{indent}");
    let (big, red) = (layout::TITLE_FONT, r#"<w:color w:val="FF0000"/>"#);
    all.push_str(&style("Issuer", "发文机关标志", big, 72, &issuer, red));
    all.push_str(&style("Number", "发文字号", layout::BODY_FONT, body, &rule, &close));
    all.push_str(&style("DocTitle", "公文标题", big, layout::TITLE_HALF_POINTS, &title, ""));
    all.push_str(&style("Text", "公文正文", layout::BODY_FONT, body, &indent, &close));
    for (level, font) in (1_u8..).zip(layout::HEADING_FONTS) {
        all.push_str(&style(
            &format!("Level{level}"),
            &format!("公文{level}级标题"),
            font,
            body,
            &headed,
            &close,
        ));
    }
    let cell = r#"<w:snapToGrid w:val="0"/><w:spacing w:line="360" w:lineRule="exact"/>"#;
    all.push_str(&style("Cell", "表格", layout::BODY_FONT, layout::TABLE_HALF_POINTS, cell, ""));
    all.push_str(&style("CellHead", "表头", layout::HEADING_FONTS[0], layout::TABLE_HALF_POINTS, cell, ""));
    let signed = r#"<w:keepNext/><w:keepLines/><w:jc w:val="right"/>"#;
    all.push_str(&style("Signed", "落款", layout::BODY_FONT, body, signed, &close));
    all.push_str(&style("PageNumber", "页码", layout::PAGE_FONT, layout::PAGE_HALF_POINTS, "", ""));
    all.push_str("</w:styles>");
    all
}

fn footer(side: &str) -> String {
    let field = r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>"#;
    format!(
        r#"<w:ftr {W}><w:p><w:pPr><w:pStyle w:val="PageNumber"/><w:ind w:{side}Chars="100" w:{side}="{}"/><w:jc w:val="{side}"/></w:pPr>{}{field}{}</w:p></w:ftr>"#,
        layout::PAGE_HALF_POINTS * 10,
        run("— "),
        run(" —"),
    )
}

fn run(text: &str) -> String {
    format!(r#"<w:r><w:t xml:space="preserve">{}</w:t></w:r>"#, escaped(text))
}

/// A paragraph of a style; `more` is what else its properties hold.
fn paragraph(style: &str, more: &str, text: &str) -> String {
    let text = if text.is_empty() { String::new() } else { run(text) };
    format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{text}</w:p>"#)
}

fn body(document: &Document) -> String {
    let mut text = paragraph("Issuer", "", &document.issuer);
    // The red line stands below the number, also where there is none.
    text.push_str(&paragraph("Number", "", &document.number));
    text.push_str(&paragraph("DocTitle", "", &document.title));
    for block in &document.blocks {
        match block {
            Block::Heading(level, heading) => {
                text.push_str(&paragraph(&format!("Level{}", (*level).clamp(1, 4)), "", heading));
            }
            Block::Paragraph(said) => text.push_str(&paragraph("Text", "", said)),
            Block::Table(rows) => {
                text.push_str(&table(rows));
                // Without a paragraph between them, two tables would become one.
                text.push_str(&paragraph("Cell", "", ""));
            }
        }
    }
    text.push_str(&signed(&document.issuer, &document.date));
    format!("<w:document {W}><w:body>{text}{}</w:body></w:document>", section())
}

/// Issuer above date, its middle above the middle of the date, which ends four characters from the edge.
fn signed(issuer: &str, date: &str) -> String {
    let right = |hundredths: i64| {
        let twips = hundredths * i64::from(layout::BODY_HALF_POINTS) / 10;
        format!(r#"<w:ind w:rightChars="{hundredths}" w:right="{twips}"/>"#)
    };
    let (above, below) = (layout::widths(issuer), layout::widths(date));
    let middle = 400 + (below - above) * 50;
    let blank = paragraph("Signed", "", "");
    let issuer = paragraph("Signed", &right(middle.max(200)), issuer);
    // Of a name that is longer than the date, the date moves under its middle.
    let date_right = if middle < 200 { 200 + (above - below) * 50 } else { 400 };
    format!("{blank}{blank}{issuer}{}", paragraph("Signed", &right(date_right), date))
}

fn section() -> String {
    use layout::{BOTTOM_TWIPS, FOOTER_TWIPS, LEFT_TWIPS, PAGE_TWIPS, RIGHT_TWIPS, TOP_TWIPS};
    format!(
        r#"<w:sectPr><w:footerReference w:type="default" r:id="rId3"/><w:footerReference w:type="even" r:id="rId4"/><w:pgSz w:w="{}" w:h="{}"/><w:pgMar w:top="{TOP_TWIPS}" w:right="{RIGHT_TWIPS}" w:bottom="{BOTTOM_TWIPS}" w:left="{LEFT_TWIPS}" w:header="851" w:footer="{FOOTER_TWIPS}" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="{}"/></w:sectPr>"#,
        PAGE_TWIPS.0,
        PAGE_TWIPS.1,
        layout::LINE_TWIPS,
    )
}

fn table(table: &Table) -> String {
    let widths = layout::column_twips(&table.columns);
    let edge = |side: &str| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>"#);
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
    let grid: String = widths.iter().map(|width| format!(r#"<w:gridCol w:w="{width}"/>"#)).collect();
    let mut text = format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"#,
        layout::TEXT_TWIPS.0
    );
    let heads: Vec<&str> = table.columns.iter().map(|(head, _)| head.as_str()).collect();
    text.push_str(&row(&heads, &widths, true));
    for cells in &table.rows {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        text.push_str(&row(&cells, &widths, false));
    }
    text.push_str("</w:tbl>");
    text
}

fn row(cells: &[&str], widths: &[u32], head: bool) -> String {
    let (style, repeated) = if head { ("CellHead", "<w:tblHeader/>") } else { ("Cell", "") };
    let mut text = format!("<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>");
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let side = if at == 0 && !head { "left" } else { "center" };
        let said = paragraph(style, &format!(r#"<w:jc w:val="{side}"/>"#), cell);
        text.push_str(&format!(
            r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>{said}</w:tc>"#
        ));
    }
    text.push_str("</w:tr>");
    text
}
