resource "terraform_data" "in" {
  input = "x"
}
