resource "terraform_data" "n" {
  input = "x"
  count = 2
}
