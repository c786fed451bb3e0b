#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_STYLE_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_STYLE_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The style of the page of secret keys. Text has a contrast of at least 4.5 to 1 in both colour schemes,
/// what is to be pressed or filled in is at least 44 pixels high, and borders of fields have 3 to 1. Nothing
/// moves.
inline constexpr std::string_view secret_key_style = R"css(
:root {
  color-scheme: light dark;
  --ground: #f3f5f7; --card: #ffffff; --text: #1b2128; --quiet: #535e6b; --line: #d5dae0; --edge: #78838f;
  --main: #0b6650; --on-main: #ffffff; --danger: #b3261e; --on-danger: #ffffff; --wrong: #b3261e;
  --note: #fdf3d7; --on-note: #4d3a00; --good: #e3f4ee; --focus: #1a5fd0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151a; --card: #1b2129; --text: #e8ecf1; --quiet: #a9b4c0; --line: #343d48; --edge: #7f8b98;
    --main: #56cfa8; --on-main: #04241a; --danger: #ffa198; --on-danger: #3d0703; --wrong: #ffa198;
    --note: #35290b; --on-note: #f6dfa4; --good: #143429; --focus: #8ab8ff;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
header, main { max-width: 44rem; margin: 0 auto; padding: 0 1rem; }
header {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  min-height: 4.5rem; padding-top: .75rem; padding-bottom: .75rem;
}
header p { margin: 0; }
main { padding-bottom: 4rem; }
.brand { font-weight: 700; }
.tag {
  margin-left: .25rem; padding: .125rem .5rem; border: 1px solid var(--edge); border-radius: 1rem;
  font-size: .875rem; font-weight: 400; color: var(--quiet);
}
.account { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; }
h1 { margin: .25rem 0 .5rem; font-size: 1.875rem; line-height: 1.2; }
h2 { margin: 0 0 .75rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0 0 .75rem; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.note { margin-bottom: 1.25rem; padding: .625rem .875rem; border-radius: .375rem; background: var(--note); color: var(--on-note); }
.hint { margin: 0 0 .375rem; font-size: .9375rem; color: var(--quiet); }
.status:empty { margin: 0; }
.wrong { margin: .375rem 0 0; font-weight: 600; color: var(--wrong); }
.wrong:empty { display: none; }
form > .wrong, .card > .wrong { margin: 0 0 1rem; padding-left: .75rem; border-left: 4px solid var(--wrong); }
.card, dialog {
  margin: 0 0 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: var(--text);
}
.new-key { border: 2px solid var(--main); background: var(--good); }
.key {
  padding: .75rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--card);
  font-size: 1.0625rem; user-select: all;
}
.new-key .hint { margin: .75rem 0 0; color: var(--text); }
.field { margin: 0 0 1.125rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
input, select, button, summary { font: inherit; min-height: 2.75rem; }
input, select {
  width: 100%; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .375rem;
  background: var(--card); color: var(--text);
}
input[readonly] { border-style: dashed; background: var(--ground); }
input[aria-invalid="true"], select[aria-invalid="true"] { border: 2px solid var(--wrong); }
.masked { -webkit-text-security: disc; }
.with-button { display: flex; gap: .5rem; }
.with-button input { flex: 1; min-width: 0; }
.with-button button { min-width: 4.75rem; }
button {
  padding: .5rem 1.125rem; border: 1px solid transparent; border-radius: .375rem; font-weight: 600; cursor: pointer;
}
.main { background: var(--main); color: var(--on-main); }
.danger { background: var(--danger); color: var(--on-danger); }
.plain { border-color: var(--edge); background: transparent; color: var(--text); }
button:hover { text-decoration: underline; text-underline-offset: .2em; }
button[aria-disabled="true"] { cursor: progress; border-style: dashed; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
details { margin: 0 0 1.125rem; }
summary { display: list-item; width: fit-content; padding: .5rem .75rem .5rem 0; cursor: pointer; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem; }
.title h2 { margin: 0; }
.keys { margin: .75rem 0 0; padding: 0; list-style: none; }
.keys li {
  display: grid; grid-template-columns: 1fr auto; align-items: center; gap: .25rem 1rem; padding: 1rem 0;
  border-top: 1px solid var(--line);
}
.keys li:last-child { padding-bottom: 0; }
.keys h3, .keys dl, .ended { grid-column: 1; }
.keys .delete { grid-column: 2; grid-row: 1 / span 3; }
.keys dl { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin: 0; }
.keys dl div { display: flex; gap: .375rem; }
.keys dt { color: var(--quiet); }
.keys dd { margin: 0; }
.ended { margin: 0; color: var(--wrong); }
dialog { width: min(30rem, calc(100% - 2rem)); margin: auto; padding: 1.5rem; }
dialog .wrong { margin: 0 0 .75rem; }
dialog .actions { justify-content: flex-end; margin-top: 1.25rem; }
dialog::backdrop { background: rgb(0 0 0 / .55); }
@media (max-width: 30rem) {
  .card { padding: 1rem; }
  .account { width: 100%; justify-content: space-between; flex-wrap: nowrap; }
  .account button { flex: none; }
  .actions button { flex: 1 1 auto; }
  .keys li { grid-template-columns: 1fr; }
  .keys .delete { grid-column: 1; grid-row: auto; justify-self: start; margin-top: .375rem; }
}
)css";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
