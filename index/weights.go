package index

// The numbers of ranking and deciding, each with what it stands for. They were
// set on the development questions; docs/design.md says how they work together.

// How much a word of a question says. A word that the plan holds weighs the
// logarithm of its rarity among the clauses (about 0.5 to 4); these stand in
// where that has no meaning, or are shares of it.
const (
	weightGeneric  = 0.2  // share left to words that stand everywhere in a plan
	weightRole     = 0.35 // share left to a role verb: people say 协调 where the plan says 指导
	weightContext  = 0.3  // share left to a word of the previous question, or shared by a list's parts
	shareRaw       = 0.75 // share left to a word that only the plan knows, in a field whose words are listed
	weightUnknown1 = 0.12 // a single letter that no list and no document knows
	weightUnknown2 = 0.4  // a run of two
	weightUnknown3 = 0.6  // a run of three or more
	weightAbsent   = 2.8  // a word of the field that this plan does not hold
	weightOutside  = 5.0  // other business
)

// How well a clause has a word (see also the sim constants of the thesaurus).
const (
	simPieces    = 0.8 // a raw run found in pieces instead of whole
	simCut       = 0.8 // a word inside one that the plan does not have
	simInner     = 0.6 // a word of the field inside a longer one: 少数民族 in 少数民族文化
	simOwner     = 0.4 // a word for the people or things that the clause's unit is for
	simEssential = 0.5 // from here on a clause counts as having the word
	simContext   = 0.7 // from here on it has a word that the parts of a list share
)

// The order of clauses: the share of the question's weight that a clause has
// (its cover), and the bonuses.
const (
	shareSegment = 0.75 // of a clause's cover that must come from one sentence
	bonusFocus   = 0.14 // a clause that is about little else
	bonusLiteral = 0.3  // the question's own letters stand in the clause
	bonusRole    = 0.07 // the clause's verb is the one asked for
	malusRole    = 0.04 // the clause only takes part, and that was not asked
)

// Whether to answer: the cover and the evidence (the weight of known words)
// that the best clause must have.
const (
	minCover         = 0.3  // in a plan of public culture
	minCoverThing    = 0.7  // where the question is for a thing that plans do not hold: 票价谁定
	minCoverOutside  = 0.8  // where the question names other business
	minCoverOther    = 0.1  // in a plan of another field, whose everyday words few lists know
	minWish          = 0.5  // for a wish that asks for nobody: 能不能不收钱
	minFollow        = 0.25 // for a unit asked for in a follow-up
	minEvidence      = 1.0
	minEvidenceOther = 2.5 // in a plan of another field
	shareRarest      = 0.8 // of the weight of a word that stands once: the most a short document can ask for
	minLiteral       = 0.6 // share of the question's letters that proves a clause by itself
	minGrams         = 3   // letters and pairs below which repeated letters prove nothing
	shareNamed       = 0.6 // of the best cover that a named unit needs for the matter to be its own
)

// When a matter is assigned to nobody: a section has it and no duty does.
const (
	gapMargin    = 0.2  // the section's cover above the best duty's
	maxGapCover  = 0.62 // a duty with this cover is an answer
	nearHeaviest = 0.9  // a word of this share of the heaviest weight says as much
	maxRelated   = 3    // duties shown as near the matter
)

// Two matters in one question: each part has a clause with this much of it, and
// no clause has this much of both.
const (
	minPart = 0.8
	minBoth = 0.75
)

// A plain question that this many clauses answer alike is asked back, with so
// many choices.
const (
	maxPlain   = 12
	maxChoices = 6
)

// Which clauses answer together: the share of the best one's cover.
const (
	shareMain    = 0.8  // a plain question
	shareMulti   = 0.5  // a question for all units with a part
	sharePart    = 0.94 // one part of a list
	shareMention = 0.75 // clauses that have a verb word for word
	shareParts   = 0.5  // of these, where words said in parts make the best one so
	shareEssence = 0.5  // a word of this share of the heaviest weight is essential
)
