"""Style of the page: readable on a screen, on a phone, in the dark and on paper."""

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --link: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid;
  grid-template-columns: 15rem minmax(0, 1fr); }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto;
  padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: 0.9rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0.35rem 0; }
a { color: var(--link); }
main { padding: 1rem 2rem 4rem; max-width: 78rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.25rem; margin-top: 2.5rem; padding-top: 0.5rem;
  border-top: 1px solid var(--line); }
p, li { max-width: 60rem; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: white; }
pre { overflow-x: auto; background: var(--soft); padding: 0.75rem; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem; vertical-align: top; }
thead th { background: var(--soft); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
@media (prefers-color-scheme: dark) { :root { --link: #56b4e9; } }
@media (max-width: 60rem) { body { display: block; } main { padding: 1rem; }
  nav { position: static; border: 0; border-bottom: 1px solid var(--line); max-height: none; } }
@media print { nav { display: none; } body { display: block; } .table { overflow: visible; } }
"""
