/** The object is no longer of the generation that was to be replaced: read it again and decide anew. */
export class ObjectChangedError extends Error {
  override readonly name = 'ObjectChangedError'

  constructor(objectName: string, ifGeneration: string, options?: ErrorOptions) {
    super(`${objectName} is not of generation ${ifGeneration}`, options)
  }
}
