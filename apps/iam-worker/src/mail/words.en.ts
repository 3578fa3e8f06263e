import type { Language } from './language.ts'

const notYou = 'If this was not you, you can ignore this mail: nothing has been changed.'

export const english: Language = {
  direction: 'ltr',
  digits: 'Or type this code:',
  digitsAlone: 'Type this code',
  orLink: 'Or open this address:',
  lifetime: (minutes) => {
    if (minutes < 60) return `${minutes} minutes`
    if (minutes < 1440) return minutes === 60 ? 'an hour' : `${minutes / 60} hours`
    return minutes === 1440 ? 'a day' : `${minutes / 1440} days`
  },
  letters: {
    verify_email: {
      subject: ({ tenant }) => `Confirm your address for ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Please confirm that this address is yours, so that ${tenant} can reach you.`,
      ],
      button: 'Confirm address',
      closing: notYou,
    },
    invitation: {
      subject: ({ tenant }) => `You are invited to ${tenant}`,
      paragraphs: ({ tenant }) => [
        `An administrator made an account for you at ${tenant}. Choose a password to use it.`,
      ],
      button: 'Choose a password',
      closing: 'If you do not know why you got this, you can ignore this mail: nobody can use the account.',
    },
    invitation_elsewhere: {
      subject: ({ tenant }) => `You are invited to ${tenant}`,
      paragraphs: ({ tenant }) => [
        `An administrator made an account for you at ${tenant}. You need nothing new for it: sign in as you do everywhere else at your organisation.`,
      ],
      button: 'Sign in',
      closing:
        'If you do not know why you got this, you can ignore this mail: nobody else can use the account.',
    },
    sign_in_elsewhere: {
      subject: ({ tenant }) => `How to sign in to ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Somebody asked us to help with signing in to ${tenant} with this address. Nothing can be reset here: people of ${tenant} sign in with their organisation’s own account.`,
        'If that does not let you in, ask your administrator.',
      ],
      button: 'Sign in',
      closing: notYou,
    },
    already_registered: {
      subject: ({ tenant }) => `You already have an account at ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Somebody wanted to use this address for an account at ${tenant}, but it belongs to one already.`,
        'If it was you, sign in. The same page helps if you cannot.',
      ],
      button: 'Sign in',
      closing: notYou,
    },
    reset_password: {
      subject: ({ tenant }) => `Choose a new password for ${tenant}`,
      paragraphs: ({ tenant }) => [`You asked to choose a new password for your account at ${tenant}.`],
      button: 'Choose a new password',
      closing: notYou,
    },
    no_account: {
      subject: ({ tenant }) => `There is no account at ${tenant} for this address`,
      paragraphs: ({ tenant }) => [
        `Somebody asked for a new password at ${tenant}, but no account has this address. You may have used another one.`,
      ],
      button: 'Make an account',
      closing: notYou,
    },
    login_code: {
      subject: ({ tenant }) => `Your code for ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Somebody is signing in to ${tenant} with your password, on a device or from a place that is new for you. If it is you, type this code where you sign in.`,
      ],
      closing:
        'If this is not you, somebody knows your password: choose another one now. Never give the code to anybody, and type it only on the page where you sign in.',
    },
    magic_link: {
      subject: ({ tenant }) => `Sign in to ${tenant}`,
      paragraphs: ({ tenant, params }) => [
        `Somebody asked to sign in to ${tenant} with this address:`,
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
        'Open the link where you asked, or type the code there. On another device the link asks for the number that is shown where you asked.',
      ],
      button: 'Sign in',
      closing:
        'If this was not you, you can ignore this mail: nobody gets in without it. Never give the code to anybody, and type it only on the page where you asked for it.',
    },
    magic_link_no_account: {
      subject: ({ tenant }) => `There is no account at ${tenant} for this address`,
      paragraphs: ({ tenant }) => [
        `Somebody asked to sign in to ${tenant} with this address, but no account has it. You may have used another one.`,
      ],
      button: 'Make an account',
      closing: notYou,
    },
    password_changed: {
      subject: ({ tenant }) => `Your password for ${tenant} was changed`,
      paragraphs: () => ['Your password was changed, and your other devices were signed out.'],
      button: 'See your account',
      closing: 'If this was not you, choose a new password now, and tell your administrator.',
    },
    password_breached: {
      subject: ({ tenant }) => `Your password for ${tenant} has become known`,
      paragraphs: ({ tenant }) => [
        `The password of your account at ${tenant} is among those that were published after a breach of another service. Anybody could try it. Please choose a new one now, and everywhere else where you use it.`,
        'Nobody here knows your password: only the first digits of its fingerprint were compared.',
      ],
      button: 'Choose a new password',
    },
    breach_found: {
      subject: () => 'Your address is in a breach of another service',
      paragraphs: ({ tenant, params }) => [
        `The address of your account at ${tenant} is among data that became known from these services:`,
        [params['services'], params['more'] && `and ${params['more']} more`].filter(Boolean).join(', '),
        params['passwords'] === undefined
          ? 'No passwords are known to be among it. Be wary of mails that claim to come from these services.'
          : 'Passwords are among it. Choose a new one there, and everywhere else where you used the same.',
        `Nothing was taken from ${tenant}. The breaches are listed by Have I Been Pwned, haveibeenpwned.com.`,
      ],
      button: 'See your account',
    },
    data_export: {
      subject: ({ tenant }) => `Your data at ${tenant} is ready`,
      paragraphs: ({ tenant }) => [
        `What ${tenant} knows of you has been put together: as a file for programs (JSON), and as one to read (PDF).`,
        'You sign in first: the link opens nothing for anybody else. Do not pass it on.',
      ],
      button: 'Fetch your data',
      closing:
        'If you did not ask for this, your organisation did, or another service in your name. You need not do anything.',
    },
    change_email: {
      subject: ({ tenant }) => `Confirm your new address for ${tenant}`,
      paragraphs: ({ tenant }) => [
        `You asked to use this address for your account at ${tenant} from now on.`,
      ],
      button: 'Use this address',
      closing: notYou,
    },
    email_changed: {
      subject: ({ tenant }) => `Your address at ${tenant} was changed`,
      paragraphs: ({ tenant }) => [
        `Your account at ${tenant} has another address now. This one is not used any more.`,
        'If this was not you, undo it: the old address comes back, and every device is signed out.',
      ],
      button: 'Undo the change',
    },
    new_device: {
      subject: ({ tenant }) => `A new sign-in to ${tenant}`,
      paragraphs: ({ params }) => [
        'Your account was just used on a device or a network that we have not seen before.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'See your sessions',
      closing: 'If this was not you, end that session and choose a new password.',
    },
    new_device_elsewhere: {
      subject: ({ tenant }) => `A new sign-in to ${tenant}`,
      paragraphs: ({ params }) => [
        'Your account was just used on a device or a network that we have not seen before.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'See your sessions',
      closing: 'If this was not you, end that session and tell your administrator.',
    },
    session_stolen: {
      subject: ({ tenant }) => `Somebody else may have used your account at ${tenant}`,
      paragraphs: ({ params }) => [
        'One of your sign-ins was used in two places at once, as when it was copied from a device. We ended it. It was used last by:',
        params['holder'] ?? '',
        'and then, with what had been replaced, by:',
        params['presenter'] ?? '',
        'Your other devices stay signed in, and have to sign in again before they change anything important.',
      ],
      button: 'See your sessions',
      closing:
        'If you do not know one of the two, end all your sessions, and tell your administrator. What copied it may still be on the device that you know.',
    },
    account_locked_elsewhere: {
      subject: ({ tenant }) => `Your account at ${tenant} is locked`,
      paragraphs: () => [
        'An administrator locked your account, to protect it, and signed out every device. Ask them when you can use it again.',
      ],
    },
    account_locked: {
      subject: ({ tenant }) => `Your account at ${tenant} is locked`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'An administrator locked your account, to protect it, and signed out every device. Choose a new password to use it again.'
          : 'Too many wrong passwords were tried, so the password was switched off. Choose a new one to use your account again.',
      ],
      button: 'Choose a new password',
    },
    account_unlocked: {
      subject: ({ tenant }) => `Your account at ${tenant} is unlocked`,
      paragraphs: () => ['An administrator has unlocked your account: you can sign in again.'],
      button: 'Sign in',
    },
    account_suspended: {
      subject: ({ tenant }) => `Your account at ${tenant} was suspended`,
      paragraphs: () => [
        'An administrator suspended your account. Please ask them if you need to know more.',
      ],
    },
    factor_added: {
      subject: ({ tenant }) => `A second factor was added to your account at ${tenant}`,
      paragraphs: () => ['From now on you are asked for it when you sign in.'],
      button: 'See your second factors',
      closing:
        'If this was not you, remove it, end every session that you do not know, and tell your administrator.',
    },
    factor_removed: {
      subject: ({ tenant }) => `A second factor was removed from your account at ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'An administrator removed your second factors and signed out every device. Add a new one when you sign in again.'
          : 'It is not asked for any more when you sign in.',
      ],
      button: 'See your second factors',
      closing: 'If you did not ask for this, tell your administrator at once.',
    },
    factor_disabled: {
      subject: ({ tenant }) => `A second factor of your account at ${tenant} was switched off`,
      paragraphs: () => [
        'Too many wrong codes were typed, so it opens nothing any more. Whoever typed them had got past the first step of your sign-in.',
        'Sign in with a recovery code and add your second factor anew, or ask your administrator.',
      ],
      button: 'See your account',
    },
    passkey_copied: {
      subject: ({ tenant }) => `A passkey of your account at ${tenant} may have been copied`,
      paragraphs: () => [
        'A sign-in with it was refused: by its own count it was used less often than we know of. That is so when two devices hold the same passkey.',
        'Remove this passkey and add a new one.',
      ],
      button: 'See your second factors',
      closing: 'If you did not try to sign in, tell your administrator.',
    },
    recovery_code_used: {
      subject: ({ tenant }) => `A recovery code was used at ${tenant}`,
      paragraphs: () => [
        'Somebody signed in to your account with a recovery code in place of your second factor.',
      ],
      button: 'See your second factors',
      closing: 'If this was not you, end every session that you do not know, and tell your administrator.',
    },
    recovery_codes_renewed: {
      subject: ({ tenant }) => `You have new recovery codes at ${tenant}`,
      paragraphs: () => [
        'New recovery codes were made for your account. The old ones cannot be used any more.',
      ],
      button: 'See your second factors',
      closing: 'If this was not you, end every session that you do not know, and tell your administrator.',
    },
    device_added: {
      subject: ({ tenant }) => `A device was added to your account at ${tenant}`,
      paragraphs: () => ['An app on it can show from now on that it runs on this device.'],
      button: 'See your account',
      closing:
        'If this was not you, remove it, end every session that you do not know, and tell your administrator.',
    },
    device_trusted: {
      subject: ({ tenant }) => `A device of your account at ${tenant} is trusted`,
      paragraphs: () => ['When you sign in on it, you are asked for no second factor for some time.'],
      button: 'See your account',
      closing:
        'If this was not you, remove it, end every session that you do not know, and tell your administrator.',
    },
    device_removed: {
      subject: ({ tenant }) => `A device was removed from your account at ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'An administrator removed it and signed it out.'
          : 'It was signed out, and is not known to us any more.',
      ],
      button: 'See your account',
      closing: 'If you did not ask for this, tell your administrator.',
    },
    account_reactivated: {
      subject: ({ tenant }) => `Your account at ${tenant} is active again`,
      paragraphs: () => ['An administrator has made your account active again.'],
      button: 'Sign in',
    },
  },
}
