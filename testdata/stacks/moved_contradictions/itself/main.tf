resource "terraform_data" "a" {
  input = "x"
}
moved {
  from = terraform_data.a
  to   = terraform_data.a
}
