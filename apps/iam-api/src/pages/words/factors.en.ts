import type { FactorWords } from './factor-words.ts'

export const englishFactors: FactorWords = {
  secondFactor: {
    title: 'One more step',
    lead: 'Type the six digits that your authenticator app shows.',
    recoveryLead: 'Type one of the recovery codes that you kept. Each works once.',
    mailLead: 'This sign-in is unusual for you. A code was mailed to you: type it here.',
    mailLost: 'No message yet? Look among unwanted mail as well.',
    submit: 'Go on',
    byCode: 'Use your authenticator app',
    byRecovery: 'Use a recovery code',
    lost: 'Neither at hand? Your administrator can help.',
    startOver: 'Start over',
    trust: (days) => `Do not ask again on this browser for ${days} days`,
  },
  addFactor: {
    title: 'Add a second factor',
    lead: 'Your organisation asks for a second factor. You need an authenticator app on your phone.',
    submit: 'Show the QR code',
  },
  setUpTotp: {
    title: 'Set up your authenticator app',
    lead: 'Scan this with your authenticator app, then type the six digits that it shows.',
    picture: 'QR code for your authenticator app',
    manual: 'Type it in instead',
    confirm: 'Confirm',
    again: 'Start again with a new code',
  },
  recoveryCodes: {
    title: 'Keep these recovery codes',
    lead: 'Each lets you in once if you lose your second factor. They are not shown again: print them or keep them in a password manager.',
    goOn: 'I have kept them',
  },
  factors: {
    title: 'Second factors',
    lead: 'What is asked for besides your password.',
    held: 'Yours',
    none: 'You have none yet.',
    add: 'Add an authenticator app',
    kinds: { totp: 'Authenticator app', passkey: 'Passkey' },
    disabled: 'Switched off',
    since: (day) => `Added on ${day}`,
    name: 'Name',
    rename: 'Rename',
    remove: 'Remove',
    recovery: 'Recovery codes',
    left: (codes) => `${codes} of 10 left.`,
    renew: 'Make new ones',
  },
  passkeys: {
    title: 'Passkeys',
    signIn: 'Sign in with a passkey',
    cancelled: 'No passkey was used. Try again, or use another way.',
    failed: 'That did not work. Load the page again, or use another way.',
    known: 'This device has a passkey of yours already.',
  },
  addPasskey: {
    title: 'Add a passkey',
    lead: 'A passkey lets you sign in with your fingerprint, your face or a PIN, and works on no other site.',
    submit: 'Add a passkey',
    open: 'Add a passkey',
    scriptless:
      'Your browser asks for a passkey by a script, and scripts are switched off. You can go on signing in as before.',
    done: 'Your passkey is ready',
    codes:
      'Keep these recovery codes where you find them without this device. Each lets you in once when you have lost it. They are not shown again.',
  },
}
