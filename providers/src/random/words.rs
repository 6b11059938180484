//! Words for the names of pets.

pub(crate) const ADVERBS: [&str; 40] = [
    "ably", "badly", "boldly", "calmly", "daily", "deeply", "early", "easily", "evenly", "fairly",
    "firmly", "freely", "gently", "gladly", "greatly", "happily", "highly", "jolly", "justly",
    "kindly", "lately", "lightly", "loudly", "lovely", "mainly", "merely", "mostly", "namely",
    "nearly", "neatly", "nicely", "openly", "partly", "quietly", "rarely", "safely", "simply",
    "slowly", "truly", "warmly",
];

pub(crate) const ADJECTIVES: [&str; 48] = [
    "able", "active", "alert", "amused", "apt", "bold", "brave", "bright", "calm", "clean",
    "clever", "cosmic", "crisp", "daring", "eager", "exact", "fair", "fast", "fine", "fit",
    "fleet", "fond", "fresh", "gentle", "golden", "grand", "happy", "humble", "keen", "kind",
    "large", "light", "lively", "lucky", "mellow", "modest", "noble", "open", "patient", "proud",
    "quick", "ready", "robust", "sharp", "steady", "sunny", "swift", "witty",
];

pub(crate) const ANIMALS: [&str; 56] = [
    "alpaca", "ant", "badger", "bat", "bear", "beaver", "bee", "bison", "bobcat", "buffalo",
    "camel", "cat", "cobra", "condor", "crane", "cricket", "deer", "dingo", "dog", "dolphin",
    "donkey", "dove", "duck", "eagle", "eel", "elk", "falcon", "ferret", "finch", "fox", "frog",
    "gecko", "gibbon", "goose", "gull", "hare", "hawk", "heron", "horse", "ibex", "jackal", "jay",
    "koala", "lemur", "lion", "llama", "lynx", "magpie", "marmot", "mole", "otter", "owl", "panda",
    "robin", "tiger", "wolf",
];
