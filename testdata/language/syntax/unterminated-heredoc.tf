resource "a" "b" {
  text = <<EOT
    hello
  ok = 1
}

resource "a" "c" {
  x = 1
}
