import {
  downloadExport,
  listRequests,
  requestOwnExport,
  tendExports,
  type ExportStore,
} from '@iam/domain/data-request'
import { addPerson, deliverMails, openDeviceCall, tokenIn, type World } from '@iam/testkit/world'

/** Somebody asks for what is known of them, fetches it, and it is deleted. */
export async function travelForOnesOwnData(world: World): Promise<void> {
  const { acme: tenantId, clock, secrets, admin } = world
  const exports = inMemory()
  const signal = new AbortController().signal
  const renderPdf = async () => Buffer.from('a document')
  const tend = () => tendExports({ db: world.workerDb, clock, secrets, exports, renderPdf }, { signal })
  await deliverMails(world)
  const call = await openDeviceCall(
    world,
    await addPerson(world, { tenantId, email: 'curious@acme.example' }),
  )
  for (let times = 0; times < 2; times += 1) await requestOwnExport(world, call)
  await tend()
  const mails = await deliverMails(world)
  const token = tokenIn(mails.find(({ letter }) => letter === 'data_export'))
  await downloadExport({ ...world, exports }, { ...call, token, format: 'json' })
  await listRequests(world, call)
  const over = new Date(clock().getTime() - 1_000)
  await admin
    .updateTable('iam.data_request')
    .set({ expires_at: over, due_at: over })
    .where('user_id', '=', call.userId)
    .execute()
  await tend()
}

function inMemory(): ExportStore {
  const files = new Map<string, Buffer>()
  return {
    read: async (name) => {
      const body = files.get(name)
      return body && { body }
    },
    write: async (name, body) => {
      files.set(name, body)
      return '1'
    },
    delete: async (name) => void files.delete(name),
  }
}
