/**
 * Whether something is as it used to be for the person. `unknown`: it should be told and is not, which counts like
 * `unusual`; `unset`: there is nothing to tell it by, in this deployment or yet of this person.
 */
export type Told = 'usual' | 'unusual' | 'unknown' | 'unset'

/**
 * What a login's risk is scored by, and nothing else: the same signals have the same score at any time. Coarse, so
 * that they can be kept with the login: no address, no agent, no place.
 */
export interface RiskSignals {
  /** No login of the last 90 days is known of the person. */
  readonly isFirstLogin: boolean
  readonly device: Told
  readonly network: Told
  readonly country: Told
  /** Unusual: nobody travels from where they logged in last to here in that time. */
  readonly travel: Told
  /** The hour of the day. */
  readonly hour: Told
  /** Unusual: an exit of the Tor network. */
  readonly tor: Told
  /** Wrong passwords since the last login, within a day. */
  readonly failures: number
  /** The password is known from a breach. */
  readonly isBreached: boolean
  /** The address is known from a breach of another service that told passwords, and the password is from before. */
  readonly isExposed: boolean
  /** The highest score that the person had on this network within the last minute; 0 for none. */
  readonly recent: number
  /** The score that an outside service gives; `silent`: it did not answer, or not as it should. */
  readonly outside: number | 'silent' | 'unset'
}
