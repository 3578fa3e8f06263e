import { createHash } from 'node:crypto'
import type { App } from '../app.ts'
import { hidden } from './routes-are-hidden.ts'

/** The one stylesheet of the pages: the phone first, light and dark, either direction. */
const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f3f5f8; --card: #ffffff; --ink: #17202e; --soft: #566174; --line: #d9dfe8; --edge: #8a95a6;
  --accent: #2447c4; --accent-strong: #1a3596; --on-accent: #ffffff; --ring: #2447c4;
  --bad: #b01f24; --bad-ground: #fdf1f1; --good: #17653b; --good-ground: #eef8f2; --quiet: #eef1f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e131b; --card: #171e29; --ink: #e9edf4; --soft: #a3aec0; --line: #2b3546; --edge: #69768c;
    --accent: #9db4ff; --accent-strong: #c0cfff; --on-accent: #0f1a3d; --ring: #9db4ff;
    --bad: #ff9a98; --bad-ground: #341a1e; --good: #86dcab; --good-ground: #14301f; --quiet: #202938;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "DejaVu Sans", sans-serif;
}
[lang="ar"] body { line-height: 1.75; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: .06em; }
a:hover { color: var(--accent-strong); text-decoration-thickness: .12em; }
:focus-visible { outline: .1875rem solid var(--ring); outline-offset: .1875rem; border-radius: .25rem; }
.skip { position: absolute; inset-inline-start: -200vw; }
.skip:focus { inset-inline-start: 1rem; inset-block-start: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
header { padding: 1.25rem 1.25rem 0; }
.brand { display: flex; align-items: center; gap: .75rem; max-width: 27rem; margin: 0 auto; font-weight: 600; overflow-wrap: anywhere; }
.brand a { color: inherit; text-decoration: none; display: flex; align-items: center; gap: .75rem; }
.mark {
  flex: none; inline-size: 2.25rem; block-size: 2.25rem; border-radius: .625rem; display: grid; place-items: center;
  background: var(--accent); color: var(--on-accent); font-weight: 700; line-height: 1;
}
main { flex: 1; inline-size: 100%; max-width: 27rem; margin: 0 auto; padding: 1.25rem; }
.wide main, .wide .brand { max-width: 40rem; }
h1 { font-size: 1.625rem; line-height: 1.25; letter-spacing: -.012em; margin: .5rem 0 .5rem; text-wrap: balance; }
[lang="ar"] h1 { letter-spacing: 0; line-height: 1.5; }
h2 { font-size: 1.0625rem; line-height: 1.4; margin: 0; }
p { margin: 0 0 1rem; }
.lead { color: var(--soft); margin-bottom: 1.5rem; overflow-wrap: anywhere; }
.field { margin-bottom: 1.25rem; }
label { display: block; font-weight: 600; margin-bottom: .375rem; }
.hint { color: var(--soft); font-size: .875rem; margin: 0 0 .375rem; }
input {
  display: block; inline-size: 100%; min-block-size: 3rem; padding: .625rem .875rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--edge); border-radius: .5rem;
}
input:hover { border-color: var(--soft); }
input:focus-visible { outline-offset: 0; border-color: var(--ring); border-radius: .5rem; }
input[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
input[dir="ltr"] { text-align: left; }
[dir="rtl"] input[dir="ltr"] { text-align: right; }
.code { font-size: 1.25rem; letter-spacing: .18em; font-variant-numeric: tabular-nums; }
.shown { font-size: 2.5rem; font-weight: 700; letter-spacing: .2em; line-height: 1.2; text-align: center; font-variant-numeric: tabular-nums; }
.fault { color: var(--bad); font-size: .9375rem; margin: .375rem 0 0; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-block-size: 3rem; padding: .625rem 1.25rem;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: .5rem;
}
button:hover, .button:hover { background: var(--accent-strong); color: var(--on-accent); }
button:focus-visible, .button:focus-visible { border-radius: .5rem; }
form.stack > button, .button.full { inline-size: 100%; }
form.stack > button + button { margin-block-start: .75rem; }
form.stack + form.stack { margin-block-start: .75rem; }
.buttons form.stack + form.stack { margin-block-start: 0; }
h1 + form.stack, details + .field { margin-block-start: 1.25rem; }
h1 + p > .button.full { margin-block-start: .75rem; }
button.quiet { color: var(--ink); background: transparent; border-color: var(--edge); }
button.quiet:hover { background: var(--quiet); }
button.small { min-block-size: 2.75rem; padding: .375rem .875rem; font-size: .9375rem; }
button.link {
  display: inline; min-block-size: 0; padding: .125rem 0; background: none; border: 0; border-radius: .25rem;
  color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: .2em;
}
button.link:hover { background: none; color: var(--accent-strong); }
.notice { border-radius: .5rem; padding: .75rem 1rem; margin: .5rem 0 1.25rem; border-inline-start: .25rem solid; overflow-wrap: anywhere; }
.notice.good { color: var(--good); background: var(--good-ground); }
.notice.bad { color: var(--bad); background: var(--bad-ground); }
.more { margin: 1.25rem 0 0; color: var(--soft); }
.more form, .row div form { display: inline; }
.row > form { flex: none; }
.beside { display: flex; flex-wrap: wrap; gap: .25rem .75rem; justify-content: space-between; margin: -.75rem 0 1.25rem; font-size: .875rem; }
.beside a { padding: .125rem 0; }
section { padding: 1.25rem 0; border-block-start: 1px solid var(--line); }
section:first-of-type { margin-top: 1rem; }
.rows { list-style: none; margin: .5rem 0 0; padding: 0; }
.row { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; justify-content: space-between; padding: .75rem 0; }
.row + .row { border-block-start: 1px solid var(--line); }
.row > div { flex: 1 1 14rem; min-inline-size: 0; overflow-wrap: anywhere; }
.row p { margin: 0; }
.what { color: var(--soft); font-size: .9375rem; }
summary { inline-size: fit-content; padding: .375rem 0; cursor: pointer; color: var(--accent); font-size: .9375rem; }
summary:hover { color: var(--accent-strong); text-decoration: underline; text-underline-offset: .2em; }
details form { padding: .5rem 0 .75rem; }
details .field { margin-bottom: .75rem; }
details form.stack > button { inline-size: auto; }
.tag { display: inline-block; font-size: .8125rem; font-weight: 600; line-height: 1.5; padding: 0 .5rem; border-radius: 1rem; background: var(--quiet); color: var(--soft); vertical-align: .0625em; }
.tag.good { background: var(--good-ground); color: var(--good); }
.qr { display: block; inline-size: min(100%, 14rem); block-size: auto; margin: 0 auto 1rem; border-radius: .5rem; }
.secret { font-family: ui-monospace, monospace; font-size: 1.0625rem; letter-spacing: .06em; overflow-wrap: anywhere; }
.codes { list-style: none; margin: 0 0 1.25rem; padding: 1rem; display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .5rem 1rem; background: var(--quiet); border-radius: .5rem; font-size: 1.0625rem; }
.choice { display: flex; gap: .625rem; align-items: center; margin: 0 0 1.25rem; }
.choice input { inline-size: 1.25rem; min-block-size: 1.25rem; block-size: 1.25rem; flex: none; padding: 0; accent-color: var(--accent); }
.choice label { font-weight: 400; margin: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: .75rem; }
footer { padding: .5rem 1.25rem 1.5rem; color: var(--soft); font-size: .875rem; }
.languages { display: flex; flex-wrap: wrap; justify-content: center; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
.languages a, .languages span { display: inline-block; padding: .375rem .125rem; min-inline-size: 1.5rem; }
.languages a { color: var(--soft); }
.languages span { font-weight: 600; color: var(--ink); }
dt { margin-block-start: 1rem; scroll-margin-block-start: 1rem; overflow-wrap: anywhere; }
dt:target { background: var(--quiet); }
dd { margin: 0; color: var(--soft); }
.number { font-size: .875rem; color: var(--soft); }
@media (min-width: 34rem) {
  header { padding-block-start: 3.5rem; }
  body:not(.wide) main {
    flex: 0 1 auto; background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
    padding: 1.75rem 2.25rem 2.25rem; margin-block: 1.5rem 1rem; box-shadow: 0 .0625rem .125rem rgb(16 24 40 / 5%), 0 .75rem 2rem rgb(16 24 40 / 6%);
  }
  .wide main { flex: 0 1 auto; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.75rem 2.25rem; margin-block: 1.5rem 1rem; }
  .wide header { padding-block-start: 2rem; }
  footer { flex: 1; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .button, input { transition: background-color .12s, border-color .12s; }
}
@media (forced-colors: active) { .notice, .mark { border: 1px solid; } }
`
  .trim()
  .replaceAll(/\n\s*/g, '\n')

const hash = createHash('sha256').update(stylesheet).digest('base64url').slice(0, 16)

/** Named by its content, so that it can be kept for ever. No tenant's slug begins with a dash. */
export const stylesheetPath = `/t/-/pages.${hash}.css`

/** @param app the pages' scope, which adds the prefix. */
export function stylesheetRoute(app: App): void {
  app.get(stylesheetPath.slice('/t'.length), hidden, async (_request, reply) =>
    reply
      .header('content-type', 'text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(stylesheet),
  )
}
