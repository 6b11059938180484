variable "admin" {
  type    = string
  default = "hunter23"
}
variable "db_password" {
  default = "hunter24"
}
variable "token_name" {
  default = "hunter25"
}
# AKID0123456789abcdefghijABCDEFGHIJ01
resource "tencentcloud_mysql_instance" "main" {
  instance_name  = "main"
  mem_size       = 1000
  volume_size    = 50
  engine_version = "5.7"
  root_password  = "hunter26"
}
resource "tencentcloud_instance" "main" {
  availability_zone = "ap-guangzhou-3"
  image_id          = "${var.token_name}"
  password          = "xxxxxxxx"
  user_data_raw     = <<-EOT
    #!/bin/bash
    mysql -uroot -phunter27 -e 'select 1'
    export DB_PASSWORD=hunter28
    export OTHER_PASSWORD=${var.db_password}
    echo "password: $OTHER_PASSWORD"
  EOT
}
resource "terraform_data" "a" {
  input = {
    PASSWORD = "hunter29"
    NOTE     = "enter the password in the console"
    ADMIN    = var.admin
    URL      = "IDENTIFIED BY 'hunter30'"
  }
}
