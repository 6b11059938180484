resource "terraform_data" "out" {
  input = "x"
}
