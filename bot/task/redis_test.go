package task

import (
	"strings"
	"testing"

	"xietiao/bot/store/storetest"
)

// redisURL is the server of TestOnRedis, while that runs.
var redisURL string

// redisOf is where a test of TestOnRedis keeps its store.
func redisOf(t testing.TB) (url string, ok bool) {
	return redisURL, strings.HasPrefix(t.Name(), "TestOnRedis/")
}

// The tests of this package that keep something do so on Redis as well.
func TestOnRedis(t *testing.T) {
	redisURL = storetest.NewRedis(t).URL()
	for name, test := range map[string]func(*testing.T){
		"history":                   TestATaskIsWhatItsHistorySays,
		"assessment":                TestAYearIsAssessedByResultsAndDeadlines,
		"objections":                TestBothSidesHearOfAnObjection,
		"inputs":                    TestNoChatBehaviourIsAmongTheInputs,
		"tampering":                 TestWhatWasTamperedWithDoesNotRecompute,
		"bulletin":                  TestTheBulletinSaysHowMattersStand,
		"deaths":                    TestADeathChangesNothing,
		"instances":                 TestInstancesTellOnce,
		"form":                      TestAFormOfATask,
		"import again":              TestASheetImportedAgainChangesWhatItSaysOtherwise,
		"unclear rows":              TestAnUnclearRowStopsNoOther,
		"items":                     TestThePlansOwnItemsBecomeTasks,
		"imports":                   TestImportsOfRandomSheets,
		"one message":               TestOneMessageForAllThatIsDue,
		"silence":                   TestSignedReportedAndClosedAreSilent,
		"deadlines":                 TestAChangedDeadlineReplaces,
		"escalation":                TestEscalation,
		"cap":                       TestTheDailyCap,
		"long digests":              TestLongDigestsAreSplitBetweenTasks,
		"outage":                    TestAfterAnOutageOneSummary,
		"what waits":                TestWhatWaitsFollowsTheTask,
		"what expired":              TestWhatExpiredIsSaidTheNextMorning,
		"calls":                     TestUnitsThatNobodyCanReachAreCalledUp,
		"due":                       TestDueChangesNothingAndIsWhatRemindSays,
		"laws":                      TestLawsOfMonths,
		"hours":                     TestNothingIsWrittenAfterTheHours,
		"a step before the pass":    TestAStepJustBeforeThePassLosesNothing,
		"who is told":               TestWhoIsToldOfAStep,
		"creating":                  TestCreatingOnceByKey,
		"refusals":                  TestWhatCannotBeATask,
		"lists":                     TestLists,
		"what waits for the office": TestWhatWaitsForTheOfficeIsFound,
		"verify":                    TestHistoryTellsAllAndIsVerified,
		"parts":                     TestPartsAndTheirWhole,
		"series":                    TestOccurrencesOfASeries,
		"series after an outage":    TestOccurrencesAfterAnOutage,
		"calendar":                  TestPlansFollowTheCalendar,
		"reminders that move":       TestAReminderThatMovesIsSaid,
		"due at the change":         TestNothingDueIsLostWhenTheCalendarChanges,
		"series and calendar":       TestASeriesFollowsTheCalendar,
		"adapting":                  TestAdaptingGoesOnWhereItStopped,
		"adapted once":              TestNothingIsAdaptedTwice,
		"gap":                       TestTheOfficeHearsOfAGap,
	} {
		t.Run(name, test)
	}
}
