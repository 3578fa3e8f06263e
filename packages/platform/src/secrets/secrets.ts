/** What is given to a process to know and is in no configuration file: keys of other services. */
export interface Secrets {
  /**
   * The newest version of a secret, as text.
   * @param name short, in lower case with dashes. @returns undefined when there is none, or it is switched off.
   * @throws when that cannot be told now, or the answer was not what was stored.
   */
  read(name: string): Promise<string | undefined>
  close(): Promise<void>
}

/** Refuses what is no name of a secret: one goes into the path of a request. */
export function requireSecretName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new Error('A secret is named by small letters, digits and dashes.')
}
