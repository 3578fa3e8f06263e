// Stands in for the operator command in the stack's own test: it does nothing and answers as the real one does.
import { text } from 'node:stream/consumers'

const [first, second] = process.argv.slice(2)
const answers: Record<string, unknown> = {
  migrate: {},
  bootstrap: {
    anchors: { jwks: 'jwks-anchor', endorsement: 'endorsement-anchor' },
    operator: { email: 'operator@iam.example', password: 'printed once' },
  },
  tenant: { id: 'ten_1', slug: 'demo' },
  user: { id: 'usr_1' },
}
if (second === 'create' && first === 'user' && (await text(process.stdin)) === '')
  throw new Error('No password came.')
console.log(JSON.stringify(answers[first ?? '']))
