import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader'

const require = createRequire(import.meta.url)

/** The wire format of one service, taken from the official client package, so that both ends agree by
 *  construction. 64-bit numbers are strings, enums their names, unset messages null and other unset fields
 *  their default. */
export function loadDefinition(clientPackage: string, service: string): ServiceDefinition {
  const json = readFileSync(require.resolve(`${clientPackage}/build/protos/protos.json`), 'utf8')
  const definitions: PackageDefinition = fromJSON(JSON.parse(json) as Parameters<typeof fromJSON>[0], {
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  })
  const definition = definitions[service]
  if (definition === undefined) throw new Error(`${clientPackage} has no service ${service}`)
  return definition as ServiceDefinition
}
