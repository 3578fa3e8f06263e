import { invalidArgument } from '../rpc/status-error.ts'

// 3 to 255 characters, a letter first.
const id = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/

/** Refuses a name that the real service would refuse for a new topic or subscription. */
export function requireName(collection: 'topics' | 'subscriptions', name: string): void {
  const [projects, project, kind, resourceId, ...rest] = name.split('/')
  const isName = projects === 'projects' && project !== '' && kind === collection && rest.length === 0
  if (!isName || resourceId === undefined || !id.test(resourceId) || resourceId.startsWith('goog')) {
    throw invalidArgument(`Invalid resource name given (name=${name}).`)
  }
}

/** The `projects/…` a list asks for, as the beginning of the names in it. */
export function namesIn(project: string, collection: 'topics' | 'subscriptions'): string {
  if (!/^projects\/[^/]+$/.test(project))
    throw invalidArgument(`Invalid project name given (name=${project}).`)
  return `${project}/${collection}/`
}
