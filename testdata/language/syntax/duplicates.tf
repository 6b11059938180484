resource "a" "b" {
  x = 1
  y = 2
  x = 3
  tags = { k = 1, k = 2, "k" = 3 }
}
