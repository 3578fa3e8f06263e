import { configOrExit } from '@iam/platform/config'
import { listenEarly } from '@iam/platform/http'
import { readConfig } from './config.ts'

// Live is answered before the rest is loaded, which takes longer than everything up to here.
const config = configOrExit(readConfig)
const early = await listenEarly(config.http)
const { run } = await import('./run.ts')
await run(config, early)
