/**
 * Countries and regions that nobody logs in from, whatever a tenant decides: those under comprehensive embargoes of
 * the United States, as far as a country header can tell them.
 *
 * Source: U.S. Department of the Treasury, OFAC, "Sanctions Programs and Country Information"; the Ukrainian regions
 * by Executive Orders 13685 (Crimea and Sevastopol) and 14065 (Donetsk, Luhansk). As of 2026-11-21.
 *
 * NOTE: Executive Order 14312 ended the Syria programme on 2025-06-30. Syria stays on this list until the operator's
 * counsel has it taken off: export controls of the Department of Commerce go on.
 */
export const embargo = {
  asOf: '2026-11-21',
  countries: ['CU', 'IR', 'KP', 'SY'],
  /** As CLDR spells ISO 3166-2: UA-09 Luhansk, UA-14 Donetsk, UA-40 Sevastopol, UA-43 Crimea. */
  subdivisions: ['UA09', 'UA14', 'UA40', 'UA43'],
} as const
