/** A shared cache in front of us that can be told to let go. */
export interface Cdn {
  /**
   * Lets go of everything under these paths: each is one document's, or ends in a slash and an asterisk. It may take
   * some seconds to act. @throws when it was not taken for any of them; then it is to be asked again for all.
   */
  purge(paths: readonly string[]): Promise<void>
}
