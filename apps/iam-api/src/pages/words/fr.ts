import { durationIn } from './duration.ts'
import type { Words } from './words.ts'

const later = (seconds: number) => durationIn('fr', seconds)

export const french: Words = {
  name: 'Français',
  direction: 'ltr',
  chooseLanguage: 'Langue',
  skip: 'Aller au contenu',
  errorPrefix: 'Erreur :',
  fields: {
    email: 'Adresse e‑mail',
    newEmail: 'Nouvelle adresse e‑mail',
    password: 'Mot de passe',
    currentPassword: 'Mot de passe actuel',
    newPassword: 'Nouveau mot de passe',
    code: 'Code reçu par e‑mail',
  },
  hints: {
    password: (least) =>
      `Au moins ${least} caractères. Quelques mots sans rapport entre eux se retiennent bien.`,
    code: 'Huit chiffres.',
  },
  showPasswords: { show: 'Afficher la saisie', hide: 'Masquer la saisie' },
  root: {
    title: 'Quelle organisation ?',
    lead: 'Les comptes sont tenus par des organisations. Indiquez le nom de la vôtre pour aller à ses pages.',
    label: 'Nom de votre organisation',
    hint: 'Tel qu’il figure dans l’adresse qu’elle vous a donnée, par exemple « acme ».',
    submit: 'Continuer',
    before: 'Vous êtes déjà venu ici',
  },
  signIn: {
    title: 'Se connecter',
    lead: 'Avec votre adresse e‑mail et votre mot de passe.',
    submit: 'Se connecter',
    forgotten: 'Mot de passe oublié ?',
    stranger: 'Première visite ?',
    register: 'Créer un compte',
  },
  passkeys: {
    title: 'Clés d’accès',
    signIn: 'Se connecter avec une clé d’accès',
    cancelled: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
    failed: 'Cela n’a pas fonctionné. Rechargez la page ou choisissez un autre moyen.',
    known: 'Cet appareil a déjà une de vos clés d’accès.',
  },
  signInAgain: {
    title: 'Reconnectez-vous',
    lead: 'Votre dernière connexion remonte à un moment. Avant de continuer, montrez que c’est toujours vous.',
  },
  register: {
    title: 'Créer un compte',
    lead: 'Un e‑mail vous sera envoyé pour confirmer votre adresse.',
    submit: 'Créer le compte',
    known: 'Vous avez déjà un compte ?',
    closed: 'Ici, les comptes sont créés par un administrateur. Adressez-vous au vôtre.',
  },
  verifyLink: {
    title: 'Confirmez votre adresse e‑mail',
    lead: 'Appuyez sur le bouton pour confirmer que cette adresse est la vôtre.',
    submit: 'Confirmer mon adresse',
  },
  verifyCode: {
    title: 'Consultez votre messagerie',
    lead: 'Saisissez le code envoyé à votre adresse, ou ouvrez le lien du message.',
    leadTo: (email) => `Un message a été envoyé à ${email}. Ouvrez son lien, ou saisissez ici son code.`,
    submit: 'Confirmer mon adresse',
    again: 'Rien reçu ?',
    resend: 'Envoyer un autre message',
  },
  mailLink: {
    title: 'Se connecter par e‑mail',
    lead: 'Indiquez votre adresse e‑mail : nous vous enverrons un lien et un code pour vous connecter.',
    submit: 'M’envoyer un lien',
  },
  linkWaiting: {
    title: 'Consultez vos e‑mails',
    lead: 'S’il existe un compte avec cette adresse, un message est en route. Ouvrez son lien dans ce navigateur pour vous connecter. Il fonctionne dix minutes.',
    elsewhere:
      'Si vous l’ouvrez sur un autre appareil, ce nombre vous y sera demandé, et cette page continuera d’elle-même :',
    code: 'Saisir plutôt le code du message',
    again: 'Rien reçu ?',
    resend: 'Demander un autre message',
  },
  linkGoOn: {
    title: 'La connexion est confirmée',
    lead: 'Vous l’avez confirmée sur un autre appareil.',
    submit: 'Continuer',
  },
  linkCode: {
    title: 'Saisissez le code du message',
    lead: 'Ne le saisissez qu’ici, et ne le donnez à personne.',
    submit: 'Se connecter',
    back: 'Revenir au nombre',
  },
  linkOwn: {
    title: 'Se connecter',
    lead: 'Vous avez demandé ce lien dans ce navigateur.',
    submit: 'Se connecter',
  },
  linkElsewhere: {
    title: 'Est-ce vous qui vous connectez ?',
    lead: 'Quelqu’un veut se connecter en votre nom. La demande vient d’ici :',
    number: 'Le nombre affiché là-bas',
    hint: 'Quatre chiffres, sur la page qui vous attend.',
    submit: 'Oui, laisser entrer cet appareil',
    warning:
      'Si ce n’est pas votre appareil, fermez cette page : personne n’entre. Ne saisissez jamais un nombre que quelqu’un d’autre vous a donné.',
  },
  linkApproved: {
    title: 'Confirmé',
    lead: 'Revenez à l’appareil où vous avez fait la demande : il continue de lui-même. Vous pouvez fermer cette page.',
  },
  forgotten: {
    title: 'Mot de passe oublié ?',
    lead: 'Indiquez votre adresse e‑mail : vous recevrez un lien pour choisir un nouveau mot de passe.',
    submit: 'M’envoyer un lien',
    back: 'Retour à la connexion',
  },
  sent: {
    title: 'Consultez votre messagerie',
    lead: 'Si un compte a cette adresse, un message avec un lien est en route. Le lien est valable dix minutes.',
  },
  reset: {
    title: 'Choisissez un mot de passe',
    lead: 'Connectez-vous ensuite avec lui. Partout où vous êtes connecté, vous serez déconnecté.',
    submit: 'Enregistrer le mot de passe',
  },
  deadLink: {
    title: 'Ce lien n’est plus utilisable',
    lead: 'Il a déjà servi, il est trop ancien, ou un lien plus récent a été envoyé.',
    again: 'Demander un nouveau lien',
  },
  confirmEmail: {
    title: 'Confirmez votre nouvelle adresse',
    lead: 'Appuyez sur le bouton pour utiliser désormais cette adresse.',
    submit: 'Utiliser cette adresse',
  },
  undoEmail: {
    title: 'Annuler le changement d’adresse',
    lead: 'Votre ancienne adresse revient et tous les appareils sont déconnectés.',
    submit: 'Annuler le changement',
  },
  account: {
    title: 'Votre compte',
    profile: 'Profil',
    email: 'Adresse e‑mail',
    verified: 'Confirmée',
    unverified: 'Pas encore confirmée',
    verify: 'La confirmer',
    since: 'Compte créé le',
    password: 'Mot de passe',
    change: 'Modifier',
    hidden: 'Non affiché',
    sessions: 'Où vous êtes connecté',
    sessionsLead: 'Terminez toute session que vous ne reconnaissez pas, puis changez de mot de passe.',
    thisSession: 'Cet appareil',
    lastSeen: (when) => `Dernière utilisation : ${when}`,
    unknownDevice: 'Appareil inconnu',
    device: (browser, system) => `${browser} sur ${system}`,
    naming: {
      open: 'Nommer cet appareil',
      label: 'Nom',
      hint: 'Par exemple « Portable du bureau ». Laissez vide pour n’en donner aucun.',
      submit: 'Enregistrer le nom',
    },
    end: 'Terminer',
    endOthers: 'Terminer toutes les autres sessions',
    signOut: 'Se déconnecter',
    signOutEverywhere: 'Se déconnecter partout',
    back: 'Retour à votre compte',
  },
  addPasskey: {
    title: 'Ajouter une clé d’accès',
    lead: 'Une clé d’accès vous permet de vous connecter avec votre empreinte, votre visage ou un code, et ne sert sur aucun autre site.',
    submit: 'Ajouter une clé d’accès',
    open: 'Ajouter une clé d’accès',
    scriptless:
      'Votre navigateur demande une clé d’accès par un script, et les scripts sont désactivés. Vous pouvez continuer à vous connecter comme avant.',
    done: 'Votre clé d’accès est prête',
    codes:
      'Gardez ces codes de secours là où vous les trouverez sans cet appareil. Chacun vous fait entrer une fois si vous l’avez perdu. Ils ne seront plus affichés.',
  },
  changePassword: {
    title: 'Changer de mot de passe',
    lead: 'Vos autres appareils seront déconnectés.',
    submit: 'Changer le mot de passe',
  },
  changeEmail: {
    title: 'Changer d’adresse e‑mail',
    lead: 'Un lien sera envoyé à la nouvelle adresse. Rien ne change avant que vous ne l’ouvriez.',
    submit: 'Envoyer le lien',
  },
  signedOut: { title: 'Vous êtes déconnecté', again: 'Se reconnecter' },
  notices: {
    verified: 'Votre adresse est confirmée. Vous pouvez vous connecter.',
    verification_sent: 'Si cette adresse attend d’être confirmée, un autre message est en route.',
    reset_sent: 'Un message est en route.',
    password_reset: 'Votre mot de passe a été changé. Connectez-vous avec le nouveau.',
    password_changed: 'Votre mot de passe a été changé et vos autres appareils sont déconnectés.',
    email_requested: 'Un lien a été envoyé à la nouvelle adresse. Ouvrez-le pour terminer.',
    email_confirmed: 'Votre nouvelle adresse est en service.',
    email_undone:
      'Votre ancienne adresse est rétablie et tous les appareils sont déconnectés. Choisissez maintenant un nouveau mot de passe.',
    session_ended: 'Cette session est terminée.',
    others_ended: 'Toutes les autres sessions sont terminées.',
    session_named: 'Le nom est enregistré.',
    name_removed: 'Le nom est retiré.',
    signed_out: 'Cet appareil est déconnecté.',
    signed_out_everywhere: 'Tous vos appareils sont déconnectés.',
    sign_in_first: 'Connectez-vous pour continuer.',
  },
  faults: {
    email_missing: 'Saisissez votre adresse e‑mail.',
    email_malformed: 'Saisissez une adresse comme nom@exemple.fr.',
    password_missing: 'Saisissez votre mot de passe.',
    password_wrong: 'Ce n’est pas votre mot de passe actuel.',
    code_malformed: 'Saisissez les huit chiffres du message.',
    code_wrong: 'Ce code n’est pas utilisable. Vérifiez-le, ou faites envoyer un autre message.',
    number_malformed: 'Saisissez les quatre chiffres affichés sur l’autre appareil.',
    number_wrong:
      'Ce n’est pas le nombre affiché sur l’autre appareil. Après cinq erreurs, saisissez-y le code du message.',
    links_off: 'Personne ne se connecte par e‑mail ici.',
    link_dead: 'Ce lien n’est plus utilisable.',
    login_wrong: 'L’adresse ou le mot de passe est erroné.',
    password_breached:
      'Ce mot de passe a été divulgué lors d’une fuite chez un autre service ; il ne donne donc plus accès. Choisissez-en un nouveau : « Mot de passe oublié ? » vous envoie un lien.',
    passwords_off:
      'Personne ne se connecte ici avec un mot de passe. Passez par le service de connexion de votre organisation ; votre administrateur pourra vous l’indiquer.',
    location_not_allowed:
      'La connexion n’est pas possible depuis l’endroit où vous êtes. Réessayez ailleurs ou adressez-vous à votre administrateur.',
    login_refused:
      'Cette connexion est trop inhabituelle pour être acceptée. Utilisez un appareil et un réseau que vous avez déjà utilisés, ou adressez-vous à votre administrateur.',
    user_suspended: 'Ce compte est suspendu. Adressez-vous à votre administrateur.',
    domain_not_allowed: 'Ici, il faut une adresse de l’organisation. Utilisez la vôtre.',
    registration_closed: 'Ici, les comptes sont créés par un administrateur. Adressez-vous au vôtre.',
    passkey_wrong: 'Cette clé d’accès ne peut pas servir ici. Choisissez un autre moyen de vous connecter.',
    passkey_late: 'Cela a duré trop longtemps. Veuillez réessayer.',
    passkey_refused: 'Cette clé d’accès n’a pas pu être ajoutée. Réessayez ou utilisez un autre appareil.',
    passkeys_full: 'Vous avez déjà cinq clés d’accès. Supprimez-en une d’abord.',
    name_malformed: 'Un nom a au plus 128 caractères.',
    organisation_unknown:
      'Aucune organisation ne porte ce nom. Vérifiez l’orthographe, ou ouvrez l’adresse qu’elle vous a donnée.',
    form_stale: 'Cette page était trop ancienne. Veuillez recommencer.',
    cookies_blocked:
      'Le formulaire est arrivé sans son cookie : il est trop ancien, ou les cookies sont bloqués. Autorisez-les pour ce site, puis recommencez.',
    unavailable: 'C’est impossible pour le moment. Réessayez dans un instant.',
  },
  passwordFaults: {
    too_short: (least) =>
      `Il faut au moins ${least} caractères. Quelques mots sans rapport entre eux se retiennent bien.`,
    too_long: () => 'Il faut au plus 256 caractères.',
    common: () => 'Ce mot de passe est très répandu, donc essayé en premier. Choisissez-en un autre.',
    context: () => 'Il est trop proche de votre adresse ou de notre nom. Choisissez-en un autre.',
    breached: () =>
      'Ce mot de passe a été révélé par un vol de données. Choisissez-en un que vous n’utilisez nulle part ailleurs.',
    reused: () => 'Vous avez déjà utilisé ce mot de passe. Choisissez-en un nouveau.',
  },
  tooOften: (seconds) => `Trop d’essais. Réessayez dans ${later(seconds)}.`,
  busy: (seconds) => `Beaucoup de personnes se connectent en ce moment. Réessayez dans ${later(seconds)}.`,
  errors: {
    not_found: {
      title: 'Il n’y a rien ici',
      lead: 'L’adresse est peut-être mal saisie, ou la page a changé de place.',
    },
    tenant_unknown: {
      title: 'Il n’y a rien ici',
      lead: 'Aucune organisation ne porte ce nom. Vérifiez l’adresse.',
    },
    tenant_suspended: {
      title: 'Indisponible',
      lead: 'Les comptes de cette organisation sont suspendus pour le moment.',
    },
    wrong_region: {
      title: 'C’est conservé ailleurs',
      lead: 'Les comptes de cette organisation se trouvent dans une autre région.',
    },
    too_much: {
      title: 'L’envoi est illisible',
      lead: 'Revenez en arrière et envoyez le formulaire encore une fois.',
    },
    broken: { title: 'Une erreur est survenue', lead: 'Vous n’y êtes pour rien. Réessayez dans un instant.' },
  },
  waysOn: {
    home: 'Aller à la page d’accueil',
    organisation: 'Trouver votre organisation',
    retry: 'Réessayer',
  },
  reference: (requestId) => `Référence : ${requestId}`,
}
