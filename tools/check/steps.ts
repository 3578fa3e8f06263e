import type { Step } from './step.ts'
import { boundaries } from './steps/boundaries.ts'
import { events } from './steps/events.ts'
import { floors } from './steps/floors.ts'
import { format } from './steps/format.ts'
import { generated } from './steps/generated.ts'
import { lint } from './steps/lint.ts'
import { names } from './steps/names.ts'
import { structure } from './steps/structure.ts'
import { tables } from './steps/tables.ts'
import { types } from './steps/types.ts'
import { unused } from './steps/unused.ts'

/** Everything `npm run check` looks at. The slow ones come first, so that none of them ends alone. */
export const steps: Step[] = [
  types,
  lint,
  boundaries,
  unused,
  generated,
  format,
  structure,
  tables,
  names,
  events,
  floors,
]
