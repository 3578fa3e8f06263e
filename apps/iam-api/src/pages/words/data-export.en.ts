import type { DataExportWords } from './data-export-words.ts'

export const englishDataExport: DataExportWords = {
  dataExport: {
    title: 'Your data',
    short: 'A copy of everything that is known of you.',
    lead: 'Ask for everything that is known of you. A mail comes with a link when it is there. If you have that mail already, open its link again now.',
    ask: 'Ask for a copy',
    asked: 'Your copy is being put together. A mail comes with the link.',
    fetchLead:
      'The JSON file is for programs; the PDF has the same to read. The link works for you alone, for 30 days.',
    fetch: { json: 'Fetch as JSON', pdf: 'Fetch as PDF' },
    foreign: 'This link is of another account. Sign in with the account that the mail was sent to.',
    gone: 'This link cannot be used any more: it has run out, or was used too often. Ask for another copy.',
  },
}
