import { invalidArgument, notEmulated } from '../rpc/status-error.ts'
import { algorithms } from './algorithms/index.ts'

export type VersionTemplate = { algorithm: string; protectionLevel: string }

/** The algorithm and protection level of a key's new versions, with the service's defaults filled in.
 *  Refuses an algorithm that is missing, unknown here or meant for another purpose. */
export function readTemplate(purpose: string, template: VersionTemplate | null): VersionTemplate {
  const algorithm = chooseAlgorithm(purpose, template?.algorithm ?? 'UNSPECIFIED')
  const known = algorithms[algorithm]
  if (known === undefined) throw notEmulated(`the algorithm ${algorithm}`)
  if (known.purpose !== purpose) {
    throw invalidArgument(`The algorithm ${algorithm} is not for the purpose ${purpose}.`)
  }
  const level = template?.protectionLevel ?? 'UNSPECIFIED'
  return { algorithm, protectionLevel: isUnspecified(level) ? 'SOFTWARE' : level }
}

function chooseAlgorithm(purpose: string, asked: string): string {
  if (!isUnspecified(asked)) return asked
  if (purpose === 'ENCRYPT_DECRYPT') return 'GOOGLE_SYMMETRIC_ENCRYPTION'
  throw invalidArgument(`A key of purpose ${purpose} needs version_template.algorithm.`)
}

function isUnspecified(enumValue: string): boolean {
  return enumValue.endsWith('UNSPECIFIED')
}
