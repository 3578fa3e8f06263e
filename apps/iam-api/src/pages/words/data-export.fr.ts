import type { DataExportWords } from './data-export-words.ts'

export const frenchDataExport: DataExportWords = {
  dataExport: {
    title: 'Vos données',
    short: 'Une copie de tout ce que l’on sait de vous.',
    lead: 'Demandez tout ce que l’on sait de vous. Un courriel viendra avec un lien. Si vous avez déjà ce courriel, ouvrez de nouveau son lien maintenant.',
    ask: 'Demander une copie',
    asked: 'Votre copie est en préparation. Un courriel viendra avec le lien.',
    fetchLead:
      'Le fichier JSON est destiné aux programmes ; le PDF dit la même chose, à lire. Le lien ne fonctionne que pour vous, pendant 30 jours.',
    fetch: { json: 'Récupérer en JSON', pdf: 'Récupérer en PDF' },
    foreign:
      'Ce lien est celui d’un autre compte. Connectez-vous avec le compte auquel le courriel a été envoyé.',
    gone: 'Ce lien ne peut plus servir : il a expiré ou a trop servi. Demandez une autre copie.',
  },
}
