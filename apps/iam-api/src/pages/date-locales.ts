/** How dates are written in each language; English as most of the world writes them. */
export const dateLocales = { en: 'en-GB', fr: 'fr', ar: 'ar' } as const
