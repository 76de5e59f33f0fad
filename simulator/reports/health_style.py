"""How the page of a schedule's health looks, on a screen and on paper."""

STYLE = """\
:root { color-scheme: light; }
body { font: 15px/1.45 "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif;
  color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.2rem; max-width: 62rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 2px solid #d0d0d0; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
h3 small, .file { color: #555; font-weight: normal; }
p { margin: .3rem 0 .6rem; max-width: 52rem; }
.score { margin-top: 1.2rem; }
.score .figure { margin: 0; } .score strong { font-size: 3.2rem; line-height: 1; }
.score svg { width: 100%; max-width: 30rem; height: .8rem; display: block; margin: .4rem 0 .6rem; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 .8rem; font-size: .92rem; }
th { text-align: left; font-weight: 600; color: #555; border-bottom: 1px solid #999; }
th, td { padding: .22rem .9rem .22rem 0; vertical-align: top; }
tbody tr { border-bottom: 1px solid #eaeaea; }
td:first-child code { white-space: nowrap; }
code { font: .9em/1.4 "DejaVu Sans Mono", Consolas, monospace; }
.number { text-align: right; color: #555; white-space: nowrap; }
.bound { white-space: nowrap; }
td:first-child.number { width: 1.6rem; }
.passed, .failed, .noted, .unknown { white-space: nowrap; font-weight: 600; }
.passed { color: #0072b2; } .failed { color: #b34700; } .noted { color: #555; }
.unknown { color: #666; font-weight: normal; }
a { color: inherit; text-decoration-color: #999; }
li { margin: .25rem 0; max-width: 52rem; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; font-size: 14px; }
  td:first-child code { white-space: normal; overflow-wrap: anywhere; }
}
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
  h2, h3 { break-after: avoid; } tr, li { break-inside: avoid; }
  thead { display: table-header-group; }
}
"""
