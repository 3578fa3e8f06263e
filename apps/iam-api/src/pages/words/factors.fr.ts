import type { FactorWords } from './factor-words.ts'

export const frenchFactors: FactorWords = {
  secondFactor: {
    title: 'Encore une étape',
    lead: 'Saisissez les six chiffres affichés par votre application d’authentification.',
    recoveryLead: 'Saisissez l’un des codes de secours que vous avez conservés. Chacun sert une fois.',
    mailLead:
      'Cette connexion est inhabituelle pour vous. Un code vous a été envoyé par e‑mail : saisissez-le ici.',
    mailLost: 'Pas encore de message ? Regardez aussi parmi les indésirables.',
    submit: 'Continuer',
    byCode: 'Utiliser votre application d’authentification',
    byRecovery: 'Utiliser un code de secours',
    lost: 'Ni l’un ni l’autre sous la main ? Votre administrateur peut vous aider.',
    startOver: 'Recommencer',
    trust: (days) => `Ne plus demander sur ce navigateur pendant ${days} jours`,
  },
  addFactor: {
    title: 'Ajouter un second facteur',
    lead: 'Votre organisation demande un second facteur. Ce peut être une application d’authentification sur votre téléphone.',
    orPasskey: 'Ou une clé d’accès : votre empreinte, votre visage ou un code sur cet appareil.',
    submit: 'Afficher le code QR',
  },
  setUpTotp: {
    title: 'Configurer votre application d’authentification',
    lead: 'Scannez ce code avec votre application d’authentification, puis saisissez les six chiffres affichés.',
    picture: 'Code QR pour votre application d’authentification',
    manual: 'Le saisir à la main',
    confirm: 'Confirmer',
    again: 'Recommencer avec un nouveau code',
  },
  recoveryCodes: {
    title: 'Conservez ces codes de secours',
    lead: 'Chacun vous laisse entrer une fois si vous perdez votre second facteur. Ils ne seront plus affichés : imprimez-les ou gardez-les dans un gestionnaire de mots de passe.',
    goOn: 'Je les ai conservés',
  },
  factors: {
    title: 'Seconds facteurs',
    lead: 'Ce qui est demandé en plus de votre mot de passe.',
    held: 'Les vôtres',
    none: 'Vous n’en avez pas encore.',
    add: 'Ajouter une application d’authentification',
    kinds: { totp: 'Application d’authentification', passkey: 'Clé d’accès' },
    disabled: 'Désactivé',
    since: (day) => `Ajouté le ${day}`,
    name: 'Nom',
    rename: 'Renommer',
    remove: 'Supprimer',
    recovery: 'Codes de secours',
    left: (codes) => `Il en reste ${codes} sur 10.`,
    renew: 'En créer de nouveaux',
  },
  passkeys: {
    signIn: 'Se connecter avec une clé d’accès',
    secondStep: 'Utiliser une clé d’accès',
    cancelled: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
    failed: 'Cela n’a pas fonctionné. Rechargez la page ou choisissez un autre moyen.',
    known: 'Cet appareil a déjà une de vos clés d’accès.',
  },
  addPasskey: {
    title: 'Ajouter une clé d’accès',
    lead: 'Une clé d’accès vous permet de vous connecter avec votre empreinte, votre visage ou un code, et ne sert sur aucun autre site.',
    submit: 'Ajouter une clé d’accès',
    open: 'Ajouter une clé d’accès',
    scriptless:
      'Votre navigateur demande une clé d’accès par un script, et les scripts sont désactivés. Vous pouvez continuer à vous connecter comme avant.',
  },
}
