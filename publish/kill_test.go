package publish_test

// victimVariable says what a process of the tests shall publish.
const victimVariable = "HEDGEROW_TEST_VICTIM"

func victim(string) int { return 2 }
