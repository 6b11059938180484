resource "terraform_data" "b" {
  input = "x"
}
resource "terraform_data" "c" {
  input = "x"
}

moved {
  from = terraform_data.z
  to   = terraform_data.c
}
moved {
  from = terraform_data.z
  to   = terraform_data.b
}
