import { enqueue } from './enqueue.ts'
import { factors } from './factors.ts'
import { isolation } from './isolation.ts'
import { discovery, hostile, jwks, jwks304 } from './jwks.ts'
import { login } from './login.ts'
import { observability } from './observability.ts'
import { read } from './read.ts'
import { refresh } from './refresh.ts'
import { relay } from './relay.ts'
import type { Row } from './row.ts'
import { session } from './session.ts'
import { sign } from './sign.ts'
import { start } from './start.ts'
import { statusList } from './status-list.ts'
import { wake } from './wake.ts'

/** Every row, in the order of the goals' page. */
export const rows: readonly Row[] = [
  login,
  factors,
  isolation,
  refresh,
  session,
  jwks,
  jwks304,
  discovery,
  hostile,
  relay,
  wake,
  enqueue,
  statusList,
  sign,
  start,
  observability,
  read,
]
