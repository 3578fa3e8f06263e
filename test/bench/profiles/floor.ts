import { json, password, seedByDoor, type Profile } from './profile.ts'

/** The floor: the same reading, writing and cryptography without a framework. */
export const floor: Profile = {
  has: (workload) => ['login', 'refresh', 'session'].includes(workload),
  login: (send, email) => send('POST', '/login', json, JSON.stringify({ email, password })),
  refresh: (send, refreshToken) => send('POST', '/refresh', json, JSON.stringify({ refreshToken })),
  session: (send, id) => send('GET', '/session', { cookie: `sid=${id}` }),
  seed: seedByDoor,
}

/** The floor with all that is recorded and counted besides. */
export const floorRecorded: Profile = {
  ...floor,
  refresh: (send, refreshToken) => send('POST', '/refresh-recorded', json, JSON.stringify({ refreshToken })),
}
