import { promisify } from 'node:util'
import { configOrExit } from '@iam/platform/config'
import { closingGracefully } from '@iam/platform/http'
import { every, runUntilSignal } from '@iam/platform/lifecycle'
import { openLogger } from '@iam/platform/logging'
import { beginWith } from './begin-with.ts'
import { readConfig } from './config.ts'
import { keepCopy, readCopy } from './kept-copy.ts'
import { readIfThere, readSource } from './key-set-source.ts'
import { serveMetrics } from './serve-metrics.ts'
import { buildServer } from './server.ts'
import { ServedKeySet } from './served-key-set.ts'
import { ServedStatusLists } from './served-status-lists.ts'

const config = configOrExit(readConfig)
const log = openLogger({ service: 'iam-jwks', level: 'info' })
const served = new ServedKeySet(config, {
  taken: ({ claims }) =>
    log.info({ version: claims.version, keys: claims.keys.length }, 'A new key set is served'),
  refused: (fault) => log.error({ fault }, 'A key set was refused; the last good one stays'),
  unpinned: (anchor) => log.error(anchor, 'An anchor is announced that is not pinned here with its spare'),
  aged: (freshness, { ageSeconds }) =>
    log.error(
      { freshness, age_seconds: ageSeconds },
      'The key set has grown old, and nothing newer is there',
    ),
})

const statusLists = new ServedStatusLists({
  issuer: config.issuer,
  keySet: served,
  read: (id, region) =>
    readIfThere(new URL(`${id}.jwt`, config.statusListRegions.get(region) ?? config.statusLists)),
  now: () => new Date(),
  refused: (list, err) => log.error({ list, err }, 'A status list was refused; the last good one stays'),
})

const server = buildServer({ keySet: served, statusLists })
const closeServer = closingGracefully(server, promisify(server.close.bind(server)))
await new Promise<void>((listening) => server.listen(config.http.port, config.http.host, listening))
const metrics = await serveMetrics(config, server, served)
log.info(`Listening on ${config.http.host}:${config.http.port}`)

const copy = await readCopy(config.copy)
await beginWith(served, { copy, witnesses: config.witnesses, read: readSource })
const historyCopy = config.copy && `${config.copy}.history`
const history = await readCopy(historyCopy)
if (history !== undefined && served.lacksHistory) await served.offerHistory(history)
const loading = every(config.pollSeconds * 1000, load, (err) =>
  log.warn({ err }, 'The key set could not be read'),
)
loading.nudge()

await runUntilSignal(
  [
    { name: 'loading', close: () => loading.stop() },
    { name: 'metrics', close: () => metrics?.close() },
    { name: 'server', close: closeServer },
  ],
  log,
)

async function load(): Promise<void> {
  served.refresh(new Date())
  const document = await readSource(config.source)
  const before = served.status(new Date())?.version
  if ((await served.offer(document, new Date())) && served.status(new Date())?.version !== before) {
    await keepCopy(config.copy, document)
  }
  if (served.lacksHistory) await loadHistory()
}

async function loadHistory(): Promise<void> {
  const document = await readSource(config.history)
  if (await served.offerHistory(document)) await keepCopy(historyCopy, document)
}
