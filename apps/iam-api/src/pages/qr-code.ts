import { correction, generate } from 'lean-qr'
import { html, type Html } from './html.ts'

/** Light modules around a QR code (ISO/IEC 18004 6.3.8). */
const quiet = 4

/** A QR code as a picture in the page, dark on light whatever the page's colours are. @param label what it is. */
export function qrCode(text: string, label: string): Html {
  const code = generate(text, { minCorrectionLevel: correction.M })
  const side = code.size + 2 * quiet
  const rows = Array.from({ length: code.size }, (_, y) => y)
  const dark = rows.flatMap((y) =>
    rows.filter((x) => code.get(x, y)).map((x) => `M${x + quiet} ${y + quiet}h1v1h-1z`),
  )
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><rect width="${side}" height="${side}" fill="#fff"/><path fill="#000" d="${dark.join('')}"/></svg>`
}
