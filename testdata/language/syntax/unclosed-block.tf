resource "a" "one" {
  x = 1

resource "a" "two" {
  y = 2
}

resource "a" "three" {
  z = 3
}
