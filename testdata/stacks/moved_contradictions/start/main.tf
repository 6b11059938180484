resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "n" {
  input = count.index
  count = 2
}
