/** What a page with one form says around it. */
export interface Step {
  readonly title: string
  readonly lead: string
  readonly submit: string
}

/** Every word about second factors. */
export interface FactorWords {
  readonly secondFactor: Step & {
    readonly recoveryLead: string
    readonly mailLead: string
    readonly mailLost: string
    readonly byCode: string
    readonly byRecovery: string
    readonly lost: string
    readonly startOver: string
    readonly trust: (days: number) => string
  }
  readonly addFactor: Step & {
    /** Before the button for a passkey. */
    readonly orPasskey: string
  }
  readonly setUpTotp: {
    readonly title: string
    readonly lead: string
    readonly picture: string
    readonly manual: string
    readonly confirm: string
    readonly again: string
  }
  readonly recoveryCodes: { readonly title: string; readonly lead: string; readonly goOn: string }
  readonly factors: {
    readonly title: string
    readonly lead: string
    readonly held: string
    readonly none: string
    readonly add: string
    readonly kinds: { readonly totp: string; readonly passkey: string }
    readonly disabled: string
    readonly since: (day: string) => string
    readonly name: string
    readonly rename: string
    readonly remove: string
    readonly recovery: string
    readonly left: (codes: number) => string
    readonly renew: string
  }
  readonly passkeys: {
    readonly signIn: string
    readonly secondStep: string
    /** What the page says when the browser, or the person, gave up. */
    readonly cancelled: string
    readonly failed: string
    /** When the authenticator has one of the person's already. */
    readonly known: string
  }
  readonly addPasskey: Step & {
    readonly open: string
    /** For who has no scripts. */
    readonly scriptless: string
  }
}
