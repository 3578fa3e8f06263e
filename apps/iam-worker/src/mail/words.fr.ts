import type { Language } from './language.ts'

const notYou = 'Si vous n’êtes pas à l’origine de cette demande, ignorez ce message : rien n’a été modifié.'

export const french: Language = {
  direction: 'ltr',
  digits: 'Ou saisissez ce code :',
  digitsAlone: 'Saisissez ce code',
  orLink: 'Ou ouvrez cette adresse :',
  lifetime: (minutes) => {
    if (minutes < 60) return `${minutes} minutes`
    if (minutes < 1440) return minutes === 60 ? 'une heure' : `${minutes / 60} heures`
    return minutes === 1440 ? 'un jour' : `${minutes / 1440} jours`
  },
  letters: {
    verify_email: {
      subject: ({ tenant }) => `Confirmez votre adresse pour ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Merci de confirmer que cette adresse est la vôtre, afin que ${tenant} puisse vous joindre.`,
      ],
      button: 'Confirmer l’adresse',
      closing: notYou,
    },
    invitation: {
      subject: ({ tenant }) => `Vous êtes invité chez ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Un administrateur a créé un compte pour vous chez ${tenant}. Choisissez un mot de passe pour l’utiliser.`,
      ],
      button: 'Choisir un mot de passe',
      closing:
        'Si vous ne savez pas pourquoi vous recevez ce message, ignorez-le : personne ne peut utiliser ce compte.',
    },
    invitation_elsewhere: {
      subject: ({ tenant }) => `Vous êtes invité chez ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Un administrateur a créé un compte pour vous chez ${tenant}. Vous n’avez besoin de rien de nouveau : connectez-vous comme partout ailleurs dans votre organisation.`,
      ],
      button: 'Se connecter',
      closing:
        'Si vous ne savez pas pourquoi vous recevez ce message, ignorez-le : personne d’autre ne peut utiliser ce compte.',
    },
    sign_in_elsewhere: {
      subject: ({ tenant }) => `Comment se connecter à ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Quelqu’un a demandé de l’aide pour se connecter à ${tenant} avec cette adresse. Il n’y a rien à réinitialiser ici : on se connecte à ${tenant} avec le compte de son organisation.`,
        'Si cela ne fonctionne pas, adressez-vous à votre administrateur.',
      ],
      button: 'Se connecter',
      closing: notYou,
    },
    already_registered: {
      subject: ({ tenant }) => `Vous avez déjà un compte chez ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Quelqu’un a voulu utiliser cette adresse pour un compte chez ${tenant}, mais elle appartient déjà à un compte.`,
        'Si c’était vous, connectez-vous. La même page vous aide si vous n’y arrivez pas.',
      ],
      button: 'Se connecter',
      closing: notYou,
    },
    reset_password: {
      subject: ({ tenant }) => `Choisissez un nouveau mot de passe pour ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Vous avez demandé à choisir un nouveau mot de passe pour votre compte chez ${tenant}.`,
      ],
      button: 'Choisir un mot de passe',
      closing: notYou,
    },
    no_account: {
      subject: ({ tenant }) => `Aucun compte chez ${tenant} pour cette adresse`,
      paragraphs: ({ tenant }) => [
        `Quelqu’un a demandé un nouveau mot de passe chez ${tenant}, mais aucun compte n’a cette adresse. Vous en avez peut-être utilisé une autre.`,
      ],
      button: 'Créer un compte',
      closing: notYou,
    },
    login_code: {
      subject: ({ tenant }) => `Votre code pour ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Quelqu’un se connecte à ${tenant} avec votre mot de passe, sur un appareil ou depuis un endroit nouveau pour vous. Si c’est vous, saisissez ce code là où vous vous connectez.`,
      ],
      closing:
        'Si ce n’est pas vous, quelqu’un connaît votre mot de passe : choisissez-en un autre maintenant. Ne donnez jamais le code à quelqu’un, et ne le saisissez que sur la page où vous vous connectez.',
    },
    magic_link: {
      subject: ({ tenant }) => `Se connecter à ${tenant}`,
      paragraphs: ({ tenant, params }) => [
        `Quelqu’un a demandé à se connecter à ${tenant} avec cette adresse :`,
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
        'Ouvrez le lien là où vous l’avez demandé, ou saisissez-y le code. Sur un autre appareil, le lien demande le nombre affiché là où vous l’avez demandé.',
      ],
      button: 'Se connecter',
      closing:
        'Si ce n’était pas vous, ignorez ce message : personne n’entre sans lui. Ne donnez jamais le code à quelqu’un, et ne le saisissez que sur la page où vous l’avez demandé.',
    },
    magic_link_no_account: {
      subject: ({ tenant }) => `Aucun compte ${tenant} pour cette adresse`,
      paragraphs: ({ tenant }) => [
        `Quelqu’un a demandé à se connecter à ${tenant} avec cette adresse, mais aucun compte ne la porte. Vous en avez peut-être utilisé une autre.`,
      ],
      button: 'Créer un compte',
      closing: notYou,
    },
    password_changed: {
      subject: ({ tenant }) => `Votre mot de passe pour ${tenant} a été modifié`,
      paragraphs: () => ['Votre mot de passe a été modifié et vos autres appareils ont été déconnectés.'],
      button: 'Voir votre compte',
      closing:
        'Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et prévenez votre administrateur.',
    },
    password_breached: {
      subject: ({ tenant }) => `Votre mot de passe pour ${tenant} a été divulgué`,
      paragraphs: ({ tenant }) => [
        `Le mot de passe de votre compte chez ${tenant} figure parmi ceux qui ont été publiés après une fuite chez un autre service. N’importe qui pourrait l’essayer. Choisissez-en un nouveau maintenant, ainsi que partout où vous l’utilisez.`,
        'Personne ici ne connaît votre mot de passe : seuls les premiers chiffres de son empreinte ont été comparés.',
      ],
      button: 'Choisir un mot de passe',
    },
    breach_found: {
      subject: () => 'Votre adresse figure dans une fuite d’un autre service',
      paragraphs: ({ tenant, params }) => [
        `L’adresse de votre compte chez ${tenant} figure parmi des données divulguées par ces services :`,
        [params['services'], params['more'] && `et ${params['more']} autres`].filter(Boolean).join(', '),
        params['passwords'] === undefined
          ? 'Aucun mot de passe n’y figure, à notre connaissance. Méfiez-vous des courriels qui prétendent venir de ces services.'
          : 'Des mots de passe y figurent. Choisissez-en un nouveau là-bas, ainsi que partout où vous avez utilisé le même.',
        `Rien n’a été dérobé chez ${tenant}. Ces fuites sont recensées par Have I Been Pwned, haveibeenpwned.com.`,
      ],
      button: 'Voir votre compte',
    },
    data_export: {
      subject: ({ tenant }) => `Vos données chez ${tenant} sont prêtes`,
      paragraphs: ({ tenant }) => [
        `Ce que ${tenant} sait de vous a été réuni : dans un fichier pour les programmes (JSON) et dans un autre à lire (PDF).`,
        'Vous devrez vous connecter : le lien n’ouvre rien à personne d’autre. Ne le transmettez pas.',
      ],
      button: 'Récupérer vos données',
      closing:
        'Si vous n’avez rien demandé, votre organisation l’a fait, ou un autre service en votre nom. Vous n’avez rien à faire.',
    },
    change_email: {
      subject: ({ tenant }) => `Confirmez votre nouvelle adresse pour ${tenant}`,
      paragraphs: ({ tenant }) => [
        `Vous avez demandé à utiliser désormais cette adresse pour votre compte chez ${tenant}.`,
      ],
      button: 'Utiliser cette adresse',
      closing: notYou,
    },
    email_changed: {
      subject: ({ tenant }) => `Votre adresse chez ${tenant} a été modifiée`,
      paragraphs: ({ tenant }) => [
        `Votre compte chez ${tenant} a maintenant une autre adresse. Celle-ci ne sert plus.`,
        'Si ce n’était pas vous, annulez : l’ancienne adresse revient et tous les appareils sont déconnectés.',
      ],
      button: 'Annuler la modification',
    },
    new_device: {
      subject: ({ tenant }) => `Nouvelle connexion à ${tenant}`,
      paragraphs: ({ params }) => [
        'Votre compte vient d’être utilisé sur un appareil ou un réseau que nous ne connaissons pas.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'Voir vos sessions',
      closing: 'Si ce n’était pas vous, terminez cette session et choisissez un nouveau mot de passe.',
    },
    new_device_elsewhere: {
      subject: ({ tenant }) => `Nouvelle connexion à ${tenant}`,
      paragraphs: ({ params }) => [
        'Votre compte vient d’être utilisé sur un appareil ou un réseau que nous ne connaissons pas.',
        [params['device'], params['place'], params['time']].filter(Boolean).join(' · '),
      ],
      button: 'Voir vos sessions',
      closing: 'Si ce n’était pas vous, terminez cette session et prévenez votre administrateur.',
    },
    session_stolen: {
      subject: ({ tenant }) => `Quelqu’un d’autre a peut-être utilisé votre compte chez ${tenant}`,
      paragraphs: ({ params }) => [
        'Une de vos connexions a été utilisée à deux endroits à la fois, comme si elle avait été copiée depuis un appareil. Nous y avons mis fin. Elle a été utilisée en dernier par :',
        params['holder'] ?? '',
        'puis, avec ce qui avait été remplacé, par :',
        params['presenter'] ?? '',
        'Vos autres appareils restent connectés, et devront se reconnecter avant de modifier quoi que ce soit d’important.',
      ],
      button: 'Voir vos sessions',
      closing:
        'Si l’un des deux ne vous dit rien, mettez fin à toutes vos sessions et prévenez votre administrateur. Ce qui l’a copiée se trouve peut-être encore sur l’appareil que vous connaissez.',
    },
    account_locked_elsewhere: {
      subject: ({ tenant }) => `Votre compte chez ${tenant} est verrouillé`,
      paragraphs: () => [
        'Un administrateur a verrouillé votre compte pour le protéger et a déconnecté tous vos appareils. Demandez-lui quand vous pourrez l’utiliser de nouveau.',
      ],
    },
    account_locked: {
      subject: ({ tenant }) => `Votre compte chez ${tenant} est verrouillé`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'Un administrateur a verrouillé votre compte pour le protéger et a déconnecté tous vos appareils. Choisissez un nouveau mot de passe pour le retrouver.'
          : 'Trop de mots de passe erronés ont été essayés, le mot de passe a donc été désactivé. Choisissez-en un nouveau pour retrouver votre compte.',
      ],
      button: 'Choisir un mot de passe',
    },
    account_unlocked: {
      subject: ({ tenant }) => `Votre compte chez ${tenant} est déverrouillé`,
      paragraphs: () => [
        'Un administrateur a déverrouillé votre compte : vous pouvez de nouveau vous connecter.',
      ],
      button: 'Se connecter',
    },
    account_suspended: {
      subject: ({ tenant }) => `Votre compte chez ${tenant} a été suspendu`,
      paragraphs: () => [
        'Un administrateur a suspendu votre compte. Adressez-vous à lui pour en savoir plus.',
      ],
    },
    factor_added: {
      subject: ({ tenant }) => `Un second facteur a été ajouté à votre compte chez ${tenant}`,
      paragraphs: () => ['Il vous sera désormais demandé à la connexion.'],
      button: 'Voir vos seconds facteurs',
      closing:
        'Si ce n’était pas vous, supprimez-le, terminez les sessions que vous ne connaissez pas et prévenez votre administrateur.',
    },
    factor_removed: {
      subject: ({ tenant }) => `Un second facteur a été supprimé de votre compte chez ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'Un administrateur a supprimé vos seconds facteurs et déconnecté tous vos appareils. Ajoutez-en un nouveau à votre prochaine connexion.'
          : 'Il ne vous sera plus demandé à la connexion.',
      ],
      button: 'Voir vos seconds facteurs',
      closing: 'Si vous ne l’avez pas demandé, prévenez aussitôt votre administrateur.',
    },
    factor_disabled: {
      subject: ({ tenant }) => `Un second facteur de votre compte chez ${tenant} a été désactivé`,
      paragraphs: () => [
        'Trop de codes erronés ont été saisis : il n’ouvre plus rien. La personne qui les a saisis avait franchi la première étape de votre connexion.',
        'Connectez-vous avec un code de secours et ajoutez de nouveau votre second facteur, ou adressez-vous à votre administrateur.',
      ],
      button: 'Voir votre compte',
    },
    passkey_copied: {
      subject: ({ tenant }) => `Une clé d’accès de votre compte chez ${tenant} a peut-être été copiée`,
      paragraphs: () => [
        'Une connexion avec elle a été refusée : d’après son propre compteur, elle a servi moins souvent que nous ne le savons. Cela arrive quand deux appareils ont la même clé.',
        'Supprimez cette clé d’accès et ajoutez-en une nouvelle.',
      ],
      button: 'Voir vos seconds facteurs',
      closing: 'Si vous n’avez pas essayé de vous connecter, prévenez votre administrateur.',
    },
    recovery_code_used: {
      subject: ({ tenant }) => `Un code de secours a été utilisé chez ${tenant}`,
      paragraphs: () => [
        'Quelqu’un s’est connecté à votre compte avec un code de secours à la place de votre second facteur.',
      ],
      button: 'Voir vos seconds facteurs',
      closing:
        'Si ce n’était pas vous, terminez les sessions que vous ne connaissez pas et prévenez votre administrateur.',
    },
    recovery_codes_renewed: {
      subject: ({ tenant }) => `Vous avez de nouveaux codes de secours chez ${tenant}`,
      paragraphs: () => [
        'De nouveaux codes de secours ont été créés pour votre compte. Les anciens ne peuvent plus servir.',
      ],
      button: 'Voir vos seconds facteurs',
      closing:
        'Si ce n’était pas vous, terminez les sessions que vous ne connaissez pas et prévenez votre administrateur.',
    },
    device_added: {
      subject: ({ tenant }) => `Un appareil a été ajouté à votre compte chez ${tenant}`,
      paragraphs: () => ['Une application peut désormais y prouver qu’elle s’exécute sur cet appareil.'],
      button: 'Voir votre compte',
      closing:
        'Si ce n’était pas vous, supprimez-le, terminez les sessions que vous ne connaissez pas et prévenez votre administrateur.',
    },
    device_trusted: {
      subject: ({ tenant }) => `Un appareil de votre compte chez ${tenant} est jugé fiable`,
      paragraphs: () => [
        'Quand vous vous y connectez, aucun second facteur ne vous est demandé pendant un certain temps.',
      ],
      button: 'Voir votre compte',
      closing:
        'Si ce n’était pas vous, supprimez-le, terminez les sessions que vous ne connaissez pas et prévenez votre administrateur.',
    },
    device_removed: {
      subject: ({ tenant }) => `Un appareil a été supprimé de votre compte chez ${tenant}`,
      paragraphs: ({ params }) => [
        params['by'] === 'administrator'
          ? 'Un administrateur l’a supprimé et déconnecté.'
          : 'Il a été déconnecté et ne nous est plus connu.',
      ],
      button: 'Voir votre compte',
      closing: 'Si vous ne l’avez pas demandé, prévenez votre administrateur.',
    },
    account_reactivated: {
      subject: ({ tenant }) => `Votre compte chez ${tenant} est de nouveau actif`,
      paragraphs: () => ['Un administrateur a réactivé votre compte.'],
      button: 'Se connecter',
    },
  },
}
